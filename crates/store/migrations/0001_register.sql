-- Editions of the register. The canonical text is what was hashed; nothing here ever changes.
CREATE TABLE edition (
    number       INTEGER PRIMARY KEY CHECK (number > 0),
    published_at INTEGER NOT NULL, -- milliseconds since 1970
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32), -- SHA-256 of canonical
    canonical    TEXT    NOT NULL
) STRICT;

CREATE TRIGGER edition_is_never_changed BEFORE UPDATE ON edition
BEGIN
    SELECT RAISE(ABORT, 'an edition is immutable');
END;

CREATE TRIGGER edition_is_never_deleted BEFORE DELETE ON edition
BEGIN
    SELECT RAISE(ABORT, 'an edition is kept for ever');
END;
