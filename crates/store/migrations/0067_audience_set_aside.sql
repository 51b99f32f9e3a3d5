-- What of batches of lists and activity can never be applied, as it is, and why: kept for whoever looks into it. An
-- erasure takes out what is of the person; all else goes 30 days after `at`. Items: JSON, unless it does not read back.
CREATE TABLE audience_set_aside (
    number INTEGER PRIMARY KEY,
    sender BLOB NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    items BLOB NOT NULL
) STRICT;
