-- What left. A message with its items is one leaf of the record; sequence is gap-free in commit order.
-- Hashes and ids of 128 bits are 16-byte blobs, most significant byte first; times are Unix milliseconds;
-- days are counted from 1970-01-01 in UTC. Kinds of keys: 0 account, 1 device, 2 browser.
CREATE TABLE ledger_message (
    sequence INTEGER PRIMARY KEY,
    message BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    path TEXT NOT NULL,
    partnership TEXT NOT NULL,
    edition BLOB NOT NULL,
    categories INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    salt BLOB NOT NULL,
    items INTEGER NOT NULL,
    outcome TEXT
) STRICT;

-- Not unique: a message attempted twice under one id is two records.
CREATE INDEX ledger_message_by_id ON ledger_message (message);

-- The disclosures in a message. revisions: for each key present, in the order account, device, browser,
-- the shard (2 bytes) and version (8 bytes) of the last change it was decided under.
CREATE TABLE ledger_item (
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    disclosure BLOB NOT NULL,
    account BLOB,
    device BLOB,
    browser BLOB,
    revisions BLOB NOT NULL,
    PRIMARY KEY (sequence, position)
) STRICT, WITHOUT ROWID;

-- Subjects' keys, wrapped by the master key. Deleting a row erases every value sealed under it.
CREATE TABLE ledger_key (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    id BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;

-- Values told, once per subject, partnership, day and set of values.
-- A rowid table, with the sealed values last: counting a repeat rewrites the head of one row.
CREATE TABLE ledger_told (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    partnership TEXT NOT NULL,
    day INTEGER NOT NULL,
    digest BLOB NOT NULL,
    key_id BLOB NOT NULL,
    path TEXT NOT NULL,
    categories INTEGER NOT NULL,
    edition BLOB NOT NULL,
    count INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (kind, hash, partnership, day, digest)
) STRICT;

CREATE TABLE ledger_withheld (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    day INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, hash, day, partnership, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_withheld_total (
    day INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, partnership, path, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_total (
    day INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    path TEXT NOT NULL,
    messages INTEGER NOT NULL,
    disclosures INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    PRIMARY KEY (day, partnership, path)
) STRICT, WITHOUT ROWID;

-- Reservation windows. A row goes when every record of its window is kept; one that the process left
-- behind, or of which a record was lost, stays as uncertain.
CREATE TABLE ledger_window (
    id BLOB PRIMARY KEY,
    path TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    uncertain INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
