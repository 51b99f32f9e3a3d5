-- Buyers seen in bids. Times are Unix milliseconds; a seat or an advertiser that a bid did not name is empty.
CREATE TABLE buyer (
    partnership TEXT NOT NULL,
    seat TEXT NOT NULL,
    advertiser TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    bids INTEGER NOT NULL,
    PRIMARY KEY (partnership, seat, advertiser)
) STRICT, WITHOUT ROWID;
