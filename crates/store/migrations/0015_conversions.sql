-- Touches on the shelf, and conversions. Digests of 128 bits are 16-byte blobs under keys that are not in
-- this file; sealed values open under one of those keys only. Days are counted from 1970-01-01 in UTC,
-- times are milliseconds since 1970.

-- How far the journal of exposures has been put on the shelf.
CREATE TABLE touch_shelf (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next_event INTEGER NOT NULL
) STRICT;

INSERT INTO touch_shelf (one, next_event) VALUES (1, 0);

-- The exposures on it, by their place in the journal.
CREATE TABLE touch (
    position INTEGER PRIMARY KEY,
    happened INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX touch_by_time ON touch (happened);

-- By what they are found: partnership, advertiser and device, as one digest.
CREATE TABLE touch_alias (
    alias BLOB NOT NULL CHECK (length(alias) = 16),
    happened INTEGER NOT NULL,
    position INTEGER NOT NULL REFERENCES touch (position) ON DELETE CASCADE,
    PRIMARY KEY (alias, happened, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX touch_alias_by_position ON touch_alias (position);

-- What partners reported. claim and what follows are there once a touch was told.
CREATE TABLE conversion (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    content BLOB NOT NULL CHECK (length(content) = 16),
    partnership TEXT NOT NULL,
    alias BLOB NOT NULL CHECK (length(alias) = 16),
    installation BLOB NOT NULL CHECK (length(installation) = 16),
    is_install INTEGER NOT NULL,
    happened INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    claim BLOB CHECK (length(claim) = 16),
    claim_advertiser TEXT,
    claim_day INTEGER,
    claim_line TEXT,
    claim_sealed BLOB,
    outcome TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX conversion_by_installation ON conversion (installation, is_install, happened);
CREATE INDEX conversion_by_alias ON conversion (alias, accepted_at);
CREATE INDEX conversion_by_claim ON conversion (claim) WHERE claim IS NOT NULL;
CREATE INDEX conversion_by_time ON conversion (accepted_at);

-- What each partnership asked, by day.
CREATE TABLE conversion_asking (
    day INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    asked INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    capped INTEGER NOT NULL,
    PRIMARY KEY (day, partnership)
) STRICT, WITHOUT ROWID;

-- What reports count, of people whose touches may be told. A line is a JSON list: app, system, country,
-- campaign, line item, creative.
CREATE TABLE report_count (
    advertiser TEXT NOT NULL,
    day INTEGER NOT NULL,
    line TEXT NOT NULL,
    measure TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (advertiser, day, line, measure)
) STRICT, WITHOUT ROWID;

-- What was counted already.
CREATE TABLE report_counted (
    once BLOB PRIMARY KEY CHECK (length(once) = 16),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- People who are in totals only: once per advertiser, month and kind.
CREATE TABLE report_left_out (
    person BLOB PRIMARY KEY CHECK (length(person) = 16),
    advertiser TEXT NOT NULL,
    month TEXT NOT NULL,
    day INTEGER NOT NULL,
    counts_as TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX report_left_out_by_day ON report_left_out (advertiser, day, counts_as);

-- The budget of each advertiser's month, in thousandths of epsilon: the one it began with.
CREATE TABLE report_budget (
    advertiser TEXT NOT NULL,
    month TEXT NOT NULL,
    thousandths INTEGER NOT NULL,
    PRIMARY KEY (advertiser, month)
) STRICT, WITHOUT ROWID;

-- What was told of people who are in totals only: drawn once, the same ever after.
CREATE TABLE report_release (
    advertiser TEXT NOT NULL,
    day INTEGER NOT NULL,
    counts_as TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (advertiser, day, counts_as)
) STRICT, WITHOUT ROWID;
