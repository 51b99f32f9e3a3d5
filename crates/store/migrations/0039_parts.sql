-- Old records in files: each row is one file below "records" of the data directory, or, while "moving" is 1, one
-- whose rows are still being deleted from their table. What they are, "told" or "packs", says how "first",
-- "last" and "until" name what is in it (src/ledger/rolled.rs).
CREATE TABLE ledger_part (
    file TEXT PRIMARY KEY,
    what TEXT NOT NULL,
    day INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    until INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    partnerships TEXT NOT NULL,
    moving INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The number of the next file.
CREATE TABLE ledger_part_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next INTEGER NOT NULL
) STRICT;
INSERT INTO ledger_part_head (one, next) VALUES (1, 1);

-- By which old rows are found, and those of one partnership among them.
CREATE INDEX ledger_told_day ON ledger_told (day, partnership);
CREATE INDEX ledger_withheld_day ON ledger_withheld (day, partnership);
