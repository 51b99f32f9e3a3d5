-- What an incident is asked for by. Kinds of messages, as JSON, under a hash of what they are.
CREATE TABLE ledger_kind (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The outlines of the messages of one commit, or of many: commits "pack" to "last". A blob in the format of
-- src/ledger/outlines.rs. Rows of few messages are joined in the background ("joined" = 1).
CREATE TABLE ledger_outline (
    pack INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    joined INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    outlines BLOB NOT NULL
) STRICT;
CREATE INDEX ledger_outline_loose ON ledger_outline (pack) WHERE joined = 0;
