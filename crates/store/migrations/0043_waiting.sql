-- Conversions that are durable and not in their tables yet: one row for each body that was entered, and one for each
-- that was settled, in order. Appended at the end, whatever is in them; moved into the tables in the background.
CREATE TABLE conversion_waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL
) STRICT;
