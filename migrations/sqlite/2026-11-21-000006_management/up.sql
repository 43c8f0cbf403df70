-- Managing servers directly: who listed a server and may change it, whether it is asked what it
-- offers, and what lists and searches of servers need.

-- The person who listed it directly.
ALTER TABLE servers ADD COLUMN owner_id TEXT REFERENCES users (user_id) ON DELETE SET NULL;
-- With which authority. What the program before this one writes comes from an approval or from an
-- operator, and so do rows by hand.
ALTER TABLE servers ADD COLUMN listed_by TEXT NOT NULL DEFAULT 'administrator'
    CHECK (listed_by IN ('approval', 'administrator', 'person', 'anyone'));
ALTER TABLE servers ADD COLUMN auto_discover INTEGER NOT NULL DEFAULT TRUE
    CHECK (auto_discover IN (0, 1));
-- When its health was last looked at.
ALTER TABLE servers ADD COLUMN last_health_check TEXT;
-- Name, alias, description and tags in lower case, for substring search.
ALTER TABLE servers ADD COLUMN search_key TEXT NOT NULL DEFAULT '';

-- The trigger for SQL by hand is replaced below; without it the rows keep the time of their change.
DROP TRIGGER update_servers_updated_at;
UPDATE servers SET
    listed_by = CASE WHEN registration_id IS NULL THEN 'administrator' ELSE 'approval' END,
    search_key = lower(name || char(10) || COALESCE(alias, '') || char(10)
        || COALESCE(description, '') || char(10)
        || COALESCE((SELECT group_concat(value, char(10)) FROM json_each(tags)), ''));

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

DROP TRIGGER fill_servers_alias;
CREATE TRIGGER fill_servers_keys AFTER INSERT ON servers
WHEN NEW.alias IS NULL OR NEW.search_key = ''
BEGIN
    UPDATE servers SET
        alias = COALESCE(NEW.alias, 'server-' || substr(NEW.id, 1, 8)),
        search_key = lower(NEW.name || char(10)
            || COALESCE(NEW.alias, 'server-' || substr(NEW.id, 1, 8)) || char(10)
            || COALESCE(NEW.description, '') || char(10)
            || COALESCE((SELECT group_concat(value, char(10)) FROM json_each(NEW.tags)), ''))
    WHERE id = NEW.id;
END;

CREATE INDEX idx_servers_created_at ON servers (created_at, id);
CREATE INDEX idx_servers_tenant_id_created_at ON servers (tenant_id, created_at, id);
CREATE INDEX idx_servers_health_status_created_at ON servers (health_status, created_at, id);
CREATE INDEX idx_server_tools_name ON server_tools (full_name, server_id);
CREATE INDEX idx_server_resources_uri ON server_resources (uri_template, server_id);
