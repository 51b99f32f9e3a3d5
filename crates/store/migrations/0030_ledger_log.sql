-- The log over the record (crates/ledger/src/log.rs). A sheet is the packs of one entry; its number is the
-- entry's. Marks are the first eight bytes of each row's leaf hash.
CREATE TABLE ledger_sheet (
    sheet INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    entry BLOB NOT NULL,
    marks BLOB NOT NULL
) STRICT;

-- Tiles of the log's tree, as far as each has grown: hashes of 32 bytes, one after another.
CREATE TABLE ledger_tile (
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)
) STRICT;

-- The latest checkpoint, signed.
CREATE TABLE ledger_checkpoint (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    note TEXT NOT NULL
) STRICT;

-- What witnesses signed, by the size of the log.
CREATE TABLE ledger_cosigned (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;
