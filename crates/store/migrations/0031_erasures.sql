-- Erasures that were ordered and are not finished everywhere: the keyed hash and kind of the person's key, and
-- when. Numbers and times as in the other tables of settings.
CREATE TABLE settings_erasure (
    hash BLOB NOT NULL,
    kind INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (hash, kind)
) STRICT, WITHOUT ROWID;
