-- The journal of exposures. Events are numbered from 0 without gaps in the order of acceptance. A
-- pack holds events sealed under a key that is not in this file.
CREATE TABLE exposure_packs (
    first_event INTEGER PRIMARY KEY,
    events INTEGER NOT NULL CHECK (events > 0),
    sealed BLOB NOT NULL
) STRICT;

-- The number of the next event.
CREATE TABLE exposure_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next_event INTEGER NOT NULL
) STRICT;

INSERT INTO exposure_head (one, next_event) VALUES (1, 0);

-- Keyed digests of the ids of a pack's events, and of what was accepted under them: a blob in the format of
-- src/measurement/ids.rs. Kept for as long as an id is known again, whatever becomes of the pack.
CREATE TABLE exposure_ids (
    first_event INTEGER PRIMARY KEY,
    accepted_at INTEGER NOT NULL,
    ids BLOB NOT NULL
) STRICT;

CREATE INDEX exposure_ids_by_time ON exposure_ids (accepted_at);

-- How far each partnership has come, and how its events ended. The message under way is JSON.
CREATE TABLE exposure_deliveries (
    partnership TEXT PRIMARY KEY,
    next_event INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    unconfirmed INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    held_since INTEGER,
    batch TEXT
) STRICT, WITHOUT ROWID;

-- Events that were given up.
CREATE TABLE exposure_dead_letters (
    partnership TEXT NOT NULL,
    event INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (partnership, event)
) STRICT, WITHOUT ROWID;
