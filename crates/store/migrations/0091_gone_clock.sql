-- How long the looks that forget have seen time pass, in milliseconds, and the time of the last one: a clock that jumps
-- has nobody forgotten who was erased. Whoever was erased before this counts from its beginning.
CREATE TABLE person_gone_clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    ran INTEGER NOT NULL,
    at INTEGER
) STRICT;
INSERT INTO person_gone_clock (one, ran) VALUES (1, 0);

ALTER TABLE person_gone ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
