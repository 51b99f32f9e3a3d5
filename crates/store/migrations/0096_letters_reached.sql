-- Whether a byte of the event may have reached the partner before it was given up. Of earlier ones nobody knows.
ALTER TABLE exposure_dead_letters ADD COLUMN reached INTEGER NOT NULL DEFAULT 1;
