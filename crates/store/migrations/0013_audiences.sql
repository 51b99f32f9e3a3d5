-- Batches of what partners and advertisers say of people, from their answer until they are applied.
-- Sender: a partnership, or +tags. Names and contents are digests of 16 bytes; items are JSON with keyed hashes of
-- accounts. Times: milliseconds since 1970, UTC.
CREATE TABLE audience_batch (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT NOT NULL,
    name BLOB NOT NULL CHECK (length(name) = 16),
    content BLOB NOT NULL CHECK (length(content) = 16),
    at INTEGER NOT NULL,
    items TEXT, -- NULL once applied
    UNIQUE (sender, name)
) STRICT;

CREATE INDEX audience_batch_waiting ON audience_batch (number) WHERE items IS NOT NULL;
CREATE INDEX audience_batch_by_time ON audience_batch (at);
