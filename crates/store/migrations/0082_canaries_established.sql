-- Keys of canaries that got their choices: no start gives them again. None is known at first, so that the next start makes
-- what is missing once more and notes it.
CREATE TABLE canary_established (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 16),
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
