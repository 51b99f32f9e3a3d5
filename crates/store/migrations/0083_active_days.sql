-- Each day on which an app was used is counted once by a key of its own, in whatever order days are reported.
ALTER TABLE conversion DROP COLUMN active_day;
