-- When sharing was closed at a key last: it is never opened at an earlier time, whatever the clock was set to.
ALTER TABLE settings_key ADD COLUMN closed_at INTEGER;
ALTER TABLE settings_change ADD COLUMN closed_at INTEGER;
