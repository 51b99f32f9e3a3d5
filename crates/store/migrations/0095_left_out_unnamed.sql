-- Once a month is over, who was in its totals only is counted there and known by nothing. Rows of months before this are made
-- so little by little.
ALTER TABLE report_left_out ADD COLUMN named INTEGER NOT NULL DEFAULT 1;
CREATE INDEX report_left_out_named ON report_left_out (day, person) WHERE counts = 1 AND named = 1;
