-- How servers are doing: when each is probed, what its probes found in a row, what it offers instead
-- of what was pinned, and who of several processes does what one is to do.
-- Findings of one kind in a row: above zero it was alive so often, below it failed.
ALTER TABLE servers ADD COLUMN health_streak INTEGER NOT NULL DEFAULT 0;
-- Long ago for a server that was never probed.
ALTER TABLE servers ADD COLUMN next_probe_at TEXT NOT NULL DEFAULT '1970-01-01T00:00:00.000000Z';
-- When what it offers was last compared with what is pinned.
ALTER TABLE servers ADD COLUMN compared_at TEXT;

CREATE INDEX idx_servers_next_probe_at ON servers (next_probe_at, id);

-- What a probe found is no new revision.
DROP TRIGGER update_servers_updated_at;
CREATE TRIGGER update_servers_updated_at AFTER UPDATE ON servers
WHEN NEW.revision = OLD.revision AND OLD.search_key <> ''
    AND NEW.last_health_check IS OLD.last_health_check
BEGIN
    UPDATE servers SET
        revision = OLD.revision + 1,
        updated_at = CASE WHEN NEW.updated_at = OLD.updated_at
            THEN strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') ELSE NEW.updated_at END,
        search_key = CASE
            WHEN NEW.name = OLD.name AND NEW.alias IS OLD.alias AND NEW.tags = OLD.tags
                AND NEW.description IS OLD.description
            THEN NEW.search_key
            ELSE lower(NEW.name || char(10) || COALESCE(NEW.alias, '') || char(10)
                || COALESCE(NEW.description, '') || char(10)
                || COALESCE((SELECT group_concat(value, char(10)) FROM json_each(NEW.tags)), ''))
            END
    WHERE id = NEW.id;
END;

-- What a server offers, where that is not what is pinned.
CREATE TABLE server_drifts (
    server_id TEXT PRIMARY KEY NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    definitions TEXT NOT NULL CHECK (json_valid(definitions)),
    since TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT FALSE CHECK (refused IN (0, 1))
) STRICT;

-- Who does what one is to do. A lease that has ended is anybody's.
CREATE TABLE leases (
    name TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;
