-- Erasing a device or browser finds the accounts that it is linked to.
CREATE INDEX settings_link_by_key ON settings_link (hash, kind);
