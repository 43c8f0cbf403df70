DROP TABLE leases;
DROP TABLE server_drifts;
DROP TRIGGER update_servers_updated_at;
CREATE TRIGGER update_servers_updated_at AFTER UPDATE ON servers
WHEN NEW.revision = OLD.revision AND OLD.alias IS NOT NULL
BEGIN
    UPDATE servers SET
        revision = OLD.revision + 1,
        updated_at = CASE WHEN NEW.updated_at = OLD.updated_at
            THEN strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') ELSE NEW.updated_at END
    WHERE id = NEW.id;
END;
DROP INDEX idx_servers_next_probe_at;
ALTER TABLE servers DROP COLUMN compared_at;
ALTER TABLE servers DROP COLUMN next_probe_at;
ALTER TABLE servers DROP COLUMN health_streak;
ALTER TABLE servers DROP COLUMN last_health_check;
