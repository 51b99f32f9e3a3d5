-- When each pack was accepted: a partnership that begins looks for what was accepted since it was listed, and what is
-- too old to be told again is found without reading it. Of a pack whose ids were forgotten nobody knows, and it counts as
-- accepted later than anything. In a table of its own, small rows beside each other.
CREATE TABLE exposure_times (
    first_event INTEGER PRIMARY KEY REFERENCES exposure_packs (first_event) ON DELETE CASCADE,
    accepted_at INTEGER NOT NULL
) STRICT;

INSERT INTO exposure_times (first_event, accepted_at)
SELECT pack.first_event, coalesce(ids.accepted_at, 9223372036854775807)
FROM exposure_packs AS pack LEFT JOIN exposure_ids AS ids USING (first_event)
ORDER BY pack.first_event;
