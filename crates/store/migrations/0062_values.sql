-- Values told, sealed, are written once, with the commit that tells them first. "number" is the commit's number times
-- 2^20, and which one of it.
CREATE TABLE ledger_value (
    number INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- "value" is the number of its values; "spare" that of values which its last merge brought once more.
ALTER TABLE ledger_told ADD COLUMN value INTEGER;
ALTER TABLE ledger_told ADD COLUMN spare INTEGER;

CREATE TRIGGER ledger_told_spare AFTER UPDATE OF spare ON ledger_told WHEN NEW.spare IS NOT NULL BEGIN
    DELETE FROM ledger_value WHERE number = NEW.spare;
END;

CREATE TRIGGER ledger_told_delete AFTER DELETE ON ledger_told WHEN OLD.value IS NOT NULL BEGIN
    DELETE FROM ledger_value WHERE number = OLD.value;
END;
