-- The class of a touch beside by what it is found, so that the latest of each class are found whatever else there
-- is; and whose it is, so that a person's are found when they are to be erased. The code of a class is 0 for a click,
-- 1 for an engaged view, 2 for an impression; 3 stands for a key of a person. Touches of before count as
-- clicks here, which only says among which they are looked for.
CREATE TABLE touch_key (
    key BLOB NOT NULL CHECK (length(key) = 16),
    class INTEGER NOT NULL CHECK (class BETWEEN 0 AND 3),
    happened INTEGER NOT NULL,
    position INTEGER NOT NULL REFERENCES touch (position) ON DELETE CASCADE,
    PRIMARY KEY (key, class, happened, position)
) STRICT, WITHOUT ROWID;

INSERT INTO touch_key (key, class, happened, position)
    SELECT alias, 0, happened, position FROM touch_alias;

DROP TABLE touch_alias;

CREATE INDEX touch_key_by_position ON touch_key (position);

-- People who were erased here and may be in the journal of exposures still, before a position.
CREATE TABLE touch_erasing (
    person BLOB PRIMARY KEY CHECK (length(person) = 16),
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events in the app have numbers of their own. What came before counts as no event.
ALTER TABLE conversion ADD COLUMN is_event INTEGER NOT NULL DEFAULT 0;
-- On how many days the app of a claim was used, and the last of them.
ALTER TABLE conversion ADD COLUMN active_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversion ADD COLUMN active_day INTEGER;

DROP INDEX conversion_by_alias;
CREATE INDEX conversion_by_alias ON conversion (alias, is_event, accepted_at);

ALTER TABLE conversion_asking ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversion_asking ADD COLUMN events_capped INTEGER NOT NULL DEFAULT 0;

-- By what else an install with a claim is found: the hashes of its device under other generations of the
-- partnership's key.
CREATE TABLE conversion_link (
    installation BLOB NOT NULL CHECK (length(installation) = 16),
    conversion BLOB NOT NULL REFERENCES conversion (id) ON DELETE CASCADE,
    PRIMARY KEY (installation, conversion)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversion_link_by_conversion ON conversion_link (conversion);

CREATE INDEX report_counted_by_time ON report_counted (at, once);
