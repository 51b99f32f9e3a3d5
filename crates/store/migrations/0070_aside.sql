-- Rows of what was told that do not read are left where they are when the others of their day are moved into files: "aside"
-- is 1 once that was found. Rows of outlines that do not read are left out when the others are joined: "joined" is 2.
ALTER TABLE ledger_told ADD COLUMN aside INTEGER;
CREATE INDEX ledger_told_aside ON ledger_told (day) WHERE aside IS NOT NULL;
CREATE INDEX ledger_outline_aside ON ledger_outline (pack) WHERE joined = 2;
