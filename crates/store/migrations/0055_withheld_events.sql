-- Which events were withheld from a partnership, a bit for each, so that an event that is replayed is not counted as
-- withheld a second time. Blocks of 1,024 positions.
CREATE TABLE exposure_withheld (
    partnership TEXT NOT NULL,
    block INTEGER NOT NULL,
    bits BLOB NOT NULL CHECK (length(bits) = 128),
    PRIMARY KEY (partnership, block)
) STRICT, WITHOUT ROWID;
-- Trimming goes by block, whosever it is.
CREATE INDEX exposure_withheld_by_block ON exposure_withheld (block);
