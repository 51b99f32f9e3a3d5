-- A wait is of the partnership now and no longer of the message that brought it about.
UPDATE exposure_deliveries
SET lane = json_set(lane, '$.not_before', json_extract(batch, '$.next_at')), batch = json_remove(batch, '$.next_at')
WHERE json_extract(batch, '$.next_at') IS NOT NULL;
