-- What was given up is forgotten with the packs that hold it.
CREATE INDEX exposure_dead_letters_by_event ON exposure_dead_letters (event);
