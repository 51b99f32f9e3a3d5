-- What readers said of the page of partners, by edition.
CREATE TABLE opinion (
    edition     INTEGER PRIMARY KEY CHECK (edition > 0),
    helpful     INTEGER NOT NULL DEFAULT 0,
    not_helpful INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Their own words; the oldest go when there are too many.
CREATE TABLE remark (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    edition INTEGER NOT NULL,
    helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)),
    at      INTEGER NOT NULL, -- milliseconds since 1970
    words   TEXT    NOT NULL
) STRICT;
