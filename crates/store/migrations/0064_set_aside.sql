-- Bodies of conversions that could not be moved into their tables, as they are, and why: kept for whoever looks into it.
-- An erasure takes out what is of the person; all else goes some days after `seen_at`, when the hourly look first saw it.
CREATE TABLE conversion_set_aside (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number INTEGER NOT NULL,
    why TEXT NOT NULL,
    seen_at INTEGER,
    body BLOB NOT NULL
) STRICT;
