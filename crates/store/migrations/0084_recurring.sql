-- Reports of installs and returns of one device, and of touches rejected of them: those of 24 hours are one, and one of them
-- is counted. "turn" is 1 for one that is known to come after an earlier one; "stands" says as which it is counted, and is
-- NULL where another one is. "counts" is what it adds. A row goes with its conversion.
CREATE TABLE conversion_counted (
    series BLOB NOT NULL CHECK (length(series) = 16),
    happened INTEGER NOT NULL,
    conversion BLOB NOT NULL REFERENCES conversion (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    stands INTEGER,
    counts BLOB NOT NULL,
    PRIMARY KEY (series, happened, conversion)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversion_counted_by_conversion ON conversion_counted (conversion);
