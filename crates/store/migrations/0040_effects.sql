-- How long choices took to be in force, counted by day: its first millisecond in UTC. Milliseconds; -1 for
-- choices that are not in force. Settings and actors by their names.
CREATE TABLE settings_effect (
    day_ms INTEGER NOT NULL,
    setting TEXT NOT NULL,
    turned_on INTEGER NOT NULL,
    actor TEXT NOT NULL,
    took_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day_ms, setting, turned_on, actor, took_ms)
) STRICT, WITHOUT ROWID;
