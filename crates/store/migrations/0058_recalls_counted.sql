-- Since when the partner's time to acknowledge a message counts: since it was first asked, later by as long as it was
-- not asked again though that was due. Before, it counted since the message was made.
ALTER TABLE recall_message ADD COLUMN counts_from INTEGER;
UPDATE recall_message SET counts_from = made_at WHERE failures > 0 OR delivered_at IS NOT NULL;
