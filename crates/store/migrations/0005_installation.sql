-- Which master key the data belongs to: one row, HMAC-SHA256(master key, a label of its own).
CREATE TABLE installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32)
) STRICT;
