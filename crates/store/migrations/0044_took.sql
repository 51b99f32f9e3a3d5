-- How long a change took to be in force at every gateway, in milliseconds, for the histories that it stands in.
CREATE TABLE settings_took (
    shard INTEGER NOT NULL,
    version INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    PRIMARY KEY (shard, version)
) STRICT, WITHOUT ROWID;
