-- What left. The messages of one commit with their items, and how earlier messages ended, are one pack: a
-- blob in format 2 of crates/ledger/src/pack.rs, never changed. Messages are numbered from 0, without gaps, in
-- commit order; first is the number of a pack's first one.
CREATE TABLE ledger_pack (
    pack INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    leaves BLOB NOT NULL
) STRICT;

-- The number of the latest commit, and of the next message; up to which commit additions are being merged.
CREATE TABLE ledger_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    pack INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    merging INTEGER NOT NULL
) STRICT;
INSERT INTO ledger_head (one, pack, messages, merging) VALUES (1, 0, 0, 0);

-- What a commit adds to the counts below: a blob in the format of src/ledger/rows.rs. Rows go once they are
-- merged. Each row below names in "pack" the latest commit that it counts.
CREATE TABLE ledger_addition (
    pack INTEGER PRIMARY KEY,
    rows BLOB NOT NULL
) STRICT;

-- Hashes of 128 bits are 16-byte blobs, most significant byte first; ids of keys are the 64 bits of an
-- integer; times are Unix milliseconds; days are counted from 1970-01-01 in UTC. Kinds of keys: 0 account,
-- 1 device, 2 browser.

-- Keys that are destroyed, or about to be: the file of keys never keeps one of these for longer than until the
-- next start.
CREATE TABLE ledger_erased (
    key INTEGER PRIMARY KEY
) STRICT;

-- Values told, once per key of a subject, partnership, day and set of values. Whose key it is, only the file of
-- keys says.
-- A rowid table, with the sealed values last: counting a repeat rewrites the head of one row.
CREATE TABLE ledger_told (
    key INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    day INTEGER NOT NULL,
    digest BLOB NOT NULL,
    path TEXT NOT NULL,
    categories INTEGER NOT NULL,
    edition BLOB NOT NULL,
    count INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    pack INTEGER NOT NULL,
    PRIMARY KEY (key, partnership, day, digest)
) STRICT;

CREATE TABLE ledger_withheld (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    day INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    pack INTEGER NOT NULL,
    PRIMARY KEY (kind, hash, day, partnership, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_withheld_total (
    day INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    pack INTEGER NOT NULL,
    PRIMARY KEY (day, partnership, path, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_total (
    day INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    path TEXT NOT NULL,
    messages INTEGER NOT NULL,
    disclosures INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    pack INTEGER NOT NULL,
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
