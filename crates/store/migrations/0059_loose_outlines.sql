-- Outlines that are not joined yet are the last rows of their table, and few others stand before them: an index that
-- every commit writes costs more than looking through the table once for 65,536 messages.
DROP INDEX ledger_outline_loose;
