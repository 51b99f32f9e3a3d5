-- Erasures under way: 0 accepted, 1 partners are owed the message.
CREATE TABLE erasure (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 16),
    at INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;

-- Requests to delete that wait for their partners. The identifier is sealed under a key that is not in this
-- file, and goes with the row.
CREATE TABLE deletion_request (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    partnership TEXT NOT NULL,
    identifier TEXT NOT NULL,
    sealed BLOB NOT NULL,
    mark BLOB NOT NULL CHECK (length(mark) = 16),
    made_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deletion_request_due ON deletion_request (partnership, next_at, id);

-- SHA-256 of partners' acknowledgements.
CREATE TABLE deletion_acknowledgement (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    partnership TEXT NOT NULL,
    at INTEGER NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32)
) STRICT, WITHOUT ROWID;

-- Digests of the requests that others sent, so that one that comes again changes nothing.
CREATE TABLE deletion_received (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
