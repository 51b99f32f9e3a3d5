-- The id of the device or browser that is being erased, where it is known, sealed under a key that is not in this file:
-- conversions are known by it alone. It goes with the row.
ALTER TABLE erasure ADD COLUMN id BLOB;
