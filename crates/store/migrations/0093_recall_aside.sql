-- Changes of people that do not read, so that nobody knows what is owed for them. They are tried again; with the erasure of
-- their key they go.
CREATE TABLE recall_aside (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 16),
    shard INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, hash, shard, version)
) STRICT, WITHOUT ROWID;
