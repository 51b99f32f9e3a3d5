-- Whose exposure was credited with a conversion. Touches are forgotten long before conversions, and whoever is erased
-- in between has no other way to them.
CREATE TABLE conversion_person (
    person BLOB NOT NULL CHECK (length(person) = 16),
    conversion BLOB NOT NULL REFERENCES conversion (id) ON DELETE CASCADE,
    PRIMARY KEY (person, conversion)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversion_person_by_conversion ON conversion_person (conversion);
