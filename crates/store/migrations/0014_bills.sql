-- Bills: notices of billable events that wait for their partners. Ids are 16-byte blobs, most significant
-- byte first; times are Unix milliseconds.

-- Reports that an ad was shown, by the id of their token, for as long as one can come again.
CREATE TABLE bill_report (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX bill_report_by_expiry ON bill_report (expires);

-- What a bill says is sealed under a key that is not in this file. A bill without a next time was given up.
CREATE TABLE bill (
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    partnership TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    next_at INTEGER,
    reason TEXT,
    dead_at INTEGER,
    sealed BLOB NOT NULL,
    CHECK ((next_at IS NULL) = (reason IS NOT NULL) AND (reason IS NULL) = (dead_at IS NULL))
) STRICT;

CREATE INDEX bill_waiting ON bill (partnership, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX bill_dead ON bill (partnership, reason, dead_at) WHERE reason IS NOT NULL;

-- How many bills of each partnership wait, and how many it accepted.
CREATE TABLE bill_count (
    partnership TEXT PRIMARY KEY,
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    accepted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
