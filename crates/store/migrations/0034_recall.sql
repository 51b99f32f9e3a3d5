-- What partners are owed a message about, and the messages. Ids, marks and hashes are 16-byte blobs, most
-- significant byte first; times are Unix milliseconds. Kinds of keys: 0 account, 1 device, 2 browser. Kinds of
-- messages: 0 recalled, 1 corrected.

-- Up to where the changes of each shard of the settings have been read.
CREATE TABLE recall_reached (
    shard INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;

-- What one key is owed by one partner. Without a key once the person is erased.
CREATE TABLE recall_debt (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER,
    hash BLOB CHECK (length(hash) = 16),
    person INTEGER NOT NULL,
    partnership TEXT NOT NULL,
    cause TEXT NOT NULL,
    since INTEGER NOT NULL,
    ids INTEGER NOT NULL,
    reachable INTEGER NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    acknowledged_at INTEGER,
    CHECK ((kind IS NULL) = (hash IS NULL))
) STRICT;

CREATE INDEX recall_debt_by_key ON recall_debt (hash, kind) WHERE hash IS NOT NULL;
CREATE INDEX recall_debt_by_person ON recall_debt (person);

-- Which keys are of one person, as far as is known: a random number for each person, which debts keep when a key
-- is erased, and its row here goes. So a message is held back until enough people are in it.
CREATE TABLE recall_person (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 16),
    person INTEGER NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX recall_person_by_person ON recall_person (person);

-- The ids that are called back, each in a random place, until the message that holds them is acknowledged.
CREATE TABLE recall_item (
    debt INTEGER NOT NULL,
    disclosure BLOB NOT NULL CHECK (length(disclosure) = 16),
    partnership TEXT NOT NULL,
    kind INTEGER NOT NULL,
    place INTEGER NOT NULL,
    mark BLOB NOT NULL CHECK (length(mark) = 16),
    message BLOB CHECK (length(message) = 16),
    PRIMARY KEY (debt, disclosure)
) STRICT, WITHOUT ROWID;

-- Messages are made in the order of places; an id that is owed to several is found by itself.
CREATE INDEX recall_item_by_place ON recall_item (partnership, kind, place, disclosure) WHERE message IS NULL;
CREATE INDEX recall_item_waiting ON recall_item (partnership, kind, disclosure) WHERE message IS NULL;
CREATE INDEX recall_item_by_message ON recall_item (message) WHERE message IS NOT NULL;

CREATE TABLE recall_message (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    partnership TEXT NOT NULL,
    kind INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    delivered_at INTEGER,
    acknowledged_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX recall_message_open ON recall_message (partnership, made_at, id)
    WHERE acknowledged_at IS NULL;

-- Partnerships that did not acknowledge in time.
CREATE TABLE recall_lapse (
    partnership TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
