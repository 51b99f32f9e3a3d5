-- Until when exposures are nobody's of those who were erased: what is reported later and happened before is not kept. A
-- keyed digest of each key, and a time; it goes once the intake refuses whatever happened before that for its age.
CREATE TABLE person_gone (
    person BLOB PRIMARY KEY CHECK (length(person) = 16),
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX person_gone_by_age ON person_gone (until);
