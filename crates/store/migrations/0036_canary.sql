-- Paths that are closed because something about a canary that said no came to the door. Unix milliseconds.
CREATE TABLE canary_closed (
    path TEXT PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
