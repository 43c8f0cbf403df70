-- Managing servers directly: who listed a server and may change it, whether it is asked what it
-- offers, and what lists and searches of servers need.

-- The person who listed it directly.
ALTER TABLE servers ADD COLUMN owner_id UUID REFERENCES users (user_id) ON DELETE SET NULL;
-- With which authority. What the program before this one writes comes from an approval or from an
-- operator, and so do rows by hand.
ALTER TABLE servers ADD COLUMN listed_by TEXT NOT NULL DEFAULT 'administrator'
    CHECK (listed_by IN ('approval', 'administrator', 'person', 'anyone'));
ALTER TABLE servers ADD COLUMN auto_discover BOOLEAN NOT NULL DEFAULT TRUE;
-- When its health was last looked at.
ALTER TABLE servers ADD COLUMN last_health_check TIMESTAMPTZ
    CHECK (is_readable_time(last_health_check));
-- Name, alias, description and tags in lower case, for substring search.
ALTER TABLE servers ADD COLUMN search_key TEXT NOT NULL DEFAULT '';

CREATE FUNCTION server_search_key(name TEXT, alias TEXT, description TEXT, tags TEXT[]) RETURNS TEXT
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT lower(name || E'\n' || COALESCE(alias, '') || E'\n' || COALESCE(description, '')
        || E'\n' || array_to_string(tags, E'\n')) $$;

-- Rows that are there get what SQL can give them; when they last changed stays as it was.
ALTER TABLE servers DISABLE TRIGGER keep_servers_revision;
UPDATE servers SET
    listed_by = CASE WHEN registration_id IS NULL THEN 'administrator' ELSE 'approval' END,
    search_key = server_search_key(name, alias, description, tags);
ALTER TABLE servers ENABLE TRIGGER keep_servers_revision;

-- What SQL by hand, and the program before this one, forget. It fires after `fill_servers_alias`,
-- by its name.
CREATE FUNCTION keep_server_search_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_key := server_search_key(NEW.name, NEW.alias, NEW.description, NEW.tags);
    RETURN NEW;
END
$$;
CREATE TRIGGER fill_servers_search_key BEFORE INSERT ON servers
    FOR EACH ROW WHEN (NEW.search_key = '') EXECUTE FUNCTION keep_server_search_key();
CREATE TRIGGER keep_servers_search_key BEFORE UPDATE ON servers
    FOR EACH ROW WHEN (
        NEW.search_key = OLD.search_key
        AND (NEW.name, NEW.alias, NEW.description, NEW.tags)
            IS DISTINCT FROM (OLD.name, OLD.alias, OLD.description, OLD.tags)
    ) EXECUTE FUNCTION keep_server_search_key();

-- The list of all servers, of one tenant's, and of those with one status, page by page.
CREATE INDEX idx_servers_created_at ON servers (created_at, id);
CREATE INDEX idx_servers_tenant_id_created_at ON servers (tenant_id, created_at, id);
CREATE INDEX idx_servers_health_status_created_at ON servers (health_status, created_at, id);
-- Servers by their tags.
CREATE INDEX idx_servers_tags ON servers USING gin (tags);
-- Servers by a tool or a resource of theirs.
CREATE INDEX idx_server_tools_name ON server_tools (name_digest(full_name), server_id);
CREATE INDEX idx_server_resources_uri ON server_resources (name_digest(uri_template), server_id);
