-- A person who is in totals only has a row for each key that names them, of which one counts. The others say that
-- whoever is named by them is counted already, and are forgotten some months after theirs.
ALTER TABLE report_left_out ADD COLUMN counts INTEGER NOT NULL DEFAULT 1;

CREATE INDEX report_left_out_beside ON report_left_out (day, person) WHERE counts = 0;
