DROP INDEX idx_server_resources_uri;
DROP INDEX idx_server_tools_name;
DROP INDEX idx_servers_health_status_created_at;
DROP INDEX idx_servers_tenant_id_created_at;
DROP INDEX idx_servers_created_at;

DROP TRIGGER fill_servers_keys;
CREATE TRIGGER fill_servers_alias AFTER INSERT ON servers
WHEN NEW.alias IS NULL
BEGIN
    UPDATE servers SET alias = 'server-' || substr(NEW.id, 1, 8) WHERE id = NEW.id;
END;

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

ALTER TABLE servers DROP COLUMN search_key;
ALTER TABLE servers DROP COLUMN last_health_check;
ALTER TABLE servers DROP COLUMN auto_discover;
ALTER TABLE servers DROP COLUMN listed_by;
ALTER TABLE servers DROP COLUMN owner_id;
