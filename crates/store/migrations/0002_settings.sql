-- Choices, links, profiles and their history.
--
-- Keys of people are 16-byte keyed hashes. The first byte of a hash is its shard, so each shard is
-- one range of hashes. Kinds: 1 account, 2 device, 3 browser. Choices: 0 off, 1 on, NULL none.
-- Times: milliseconds since 1970, UTC.

-- The newest version of each shard that has one; versions have no gaps.
CREATE TABLE settings_head (
    shard INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;

-- Written before the heads are answered, so that a store that cannot commit cannot answer.
CREATE TABLE settings_heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    beats INTEGER NOT NULL
) STRICT;
INSERT INTO settings_heartbeat (id, beats) VALUES (1, 0);

-- How things stand now, one row for each key that a change ever touched.
CREATE TABLE settings_key (
    hash BLOB NOT NULL,
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    sharing INTEGER,
    personalize_ads INTEGER,
    sharing_marks INTEGER NOT NULL,
    personalize_ads_marks INTEGER NOT NULL,
    open_since INTEGER,
    PRIMARY KEY (hash, kind)
) STRICT, WITHOUT ROWID;

-- Which account is used on which device or browser, and what it marks there.
CREATE TABLE settings_link (
    account BLOB NOT NULL,
    hash BLOB NOT NULL,
    kind INTEGER NOT NULL,
    sharing_marked INTEGER NOT NULL,
    personalize_ads_marked INTEGER NOT NULL,
    PRIMARY KEY (account, hash, kind)
) STRICT, WITHOUT ROWID;

-- Profiles of accounts, as JSON.
CREATE TABLE settings_profile (
    hash BLOB PRIMARY KEY,
    profile TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What views apply: the new state of each key that a version touched.
CREATE TABLE settings_change (
    shard INTEGER NOT NULL,
    version INTEGER NOT NULL,
    hash BLOB NOT NULL,
    kind INTEGER NOT NULL,
    sharing INTEGER,
    personalize_ads INTEGER,
    sharing_marks INTEGER NOT NULL,
    personalize_ads_marks INTEGER NOT NULL,
    open_since INTEGER,
    touches_profile INTEGER NOT NULL,
    PRIMARY KEY (shard, version, hash, kind)
) STRICT, WITHOUT ROWID;

-- What people read: events as JSON. A row names no key but its own.
CREATE TABLE settings_history (
    hash BLOB NOT NULL,
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    part INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (hash, kind, version, part)
) STRICT, WITHOUT ROWID;
