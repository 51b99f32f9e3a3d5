-- The ledger marks each commit with which windows are open after it: a MAC that only it can make, in the row that
-- counts commits. A row of ledger_window that goes, comes or changes without the ledger does not go with the mark.
ALTER TABLE ledger_head ADD COLUMN mark BLOB;

DROP VIEW ledger_append;
CREATE VIEW ledger_append (pack, messages, leaves, from_ms, last_ms, outlined, outlines, additions, mark) AS
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE 0;

CREATE TRIGGER ledger_append_insert INSTEAD OF INSERT ON ledger_append BEGIN
    INSERT INTO ledger_pack (pack, first, leaves)
        SELECT NEW.pack, messages, NEW.leaves FROM ledger_head WHERE NEW.leaves IS NOT NULL;
    INSERT INTO ledger_outline (pack, last, joined, from_ms, last_ms, messages, outlines)
        SELECT NEW.pack, NEW.pack, 0, NEW.from_ms, NEW.last_ms, NEW.outlined, NEW.outlines
        WHERE NEW.outlines IS NOT NULL;
    INSERT INTO ledger_addition (pack, rows)
        SELECT NEW.pack, NEW.additions WHERE NEW.additions IS NOT NULL;
    UPDATE ledger_head SET pack = NEW.pack, messages = messages + NEW.messages, mark = NEW.mark;
END;
