DROP TABLE leases;
DROP TABLE server_drifts;
DROP TRIGGER update_servers_updated_at;
CREATE TRIGGER update_servers_updated_at AFTER UPDATE ON servers
WHEN NEW.revision = OLD.revision AND OLD.search_key <> ''
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
DROP INDEX idx_servers_next_probe_at;
ALTER TABLE servers DROP COLUMN compared_at;
ALTER TABLE servers DROP COLUMN next_probe_at;
ALTER TABLE servers DROP COLUMN health_streak;
