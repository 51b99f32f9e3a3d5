-- The number of the last notes of what was withheld from a partnership that are in the counts: the same
-- notes, handed in again after a crash, are not counted twice.
CREATE TABLE ledger_noted (
    partnership TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What else is kept of each delivery, as JSON: why it stands still, what is told again, what the ledger
-- may not have counted yet, what the check of the endpoint came to.
ALTER TABLE exposure_deliveries ADD COLUMN lane TEXT NOT NULL DEFAULT '{}';

-- Which keys sign messages to a partnership. The keys themselves are derived from the master key.
CREATE TABLE signing_keys (
    partnership TEXT NOT NULL,
    scheme TEXT NOT NULL,
    number INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER,
    PRIMARY KEY (partnership, scheme, number)
) STRICT, WITHOUT ROWID;
