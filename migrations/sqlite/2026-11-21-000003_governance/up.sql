-- Governance: revisions that guard each write, tenants, aliases, candidates, and the event log.

ALTER TABLE users ADD COLUMN tenant_id TEXT CHECK (length(tenant_id) <= 100);
-- Who set is_admin: a group sync takes back only what it gave itself.
ALTER TABLE users ADD COLUMN admin_source TEXT NOT NULL DEFAULT 'manual'
    CHECK (admin_source IN ('manual', 'group'));

ALTER TABLE registrations ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE registrations ADD COLUMN tenant_id TEXT CHECK (length(tenant_id) <= 100);
ALTER TABLE registrations ADD COLUMN alias TEXT CHECK (length(alias) BETWEEN 1 AND 24);
ALTER TABLE registrations ADD COLUMN reason TEXT;
-- One text for all spellings of an address.
ALTER TABLE registrations ADD COLUMN url_key TEXT;
-- Name, contact and description in lower case, for substring search.
ALTER TABLE registrations ADD COLUMN search_key TEXT NOT NULL DEFAULT '';

ALTER TABLE servers ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN alias TEXT CHECK (length(alias) BETWEEN 1 AND 24);
ALTER TABLE servers ADD COLUMN manifest_state TEXT NOT NULL DEFAULT 'awaited'
    CHECK (manifest_state IN ('awaited', 'reviewed', 'unreviewed'));
ALTER TABLE servers ADD COLUMN manifest_digest TEXT;

-- Rows that were there before this migration (or come by hand) get what SQL can give them.
UPDATE registrations SET
    url_key = rtrim(endpoint_url, '/'),
    search_key = lower(endpoint_name || char(10) || owner_contact || char(10)
        || COALESCE(description, ''));
UPDATE servers SET alias = 'server-' || substr(id, 1, 8);

CREATE UNIQUE INDEX idx_registrations_url_key ON registrations (url_key);
-- The name comes first, so that a look-up by name or alias alone uses the index too.
CREATE UNIQUE INDEX idx_servers_name_tenant_id ON servers (name, COALESCE(tenant_id, ''));
CREATE UNIQUE INDEX idx_servers_alias_tenant_id ON servers (alias, COALESCE(tenant_id, ''));

-- One trigger per table does all that SQL by hand forgets, in one statement: several triggers
-- would set each other off. The product's own writes change `revision` (of a user: updated_at)
-- themselves and pass by.
DROP TRIGGER update_users_updated_at;
CREATE TRIGGER update_users_updated_at AFTER UPDATE ON users
WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE users SET
        updated_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'),
        -- Made an administrator by hand: no group sync takes that back.
        admin_source = CASE WHEN NEW.is_admin > OLD.is_admin THEN 'manual'
            ELSE NEW.admin_source END
    WHERE user_id = NEW.user_id;
END;

DROP TRIGGER update_registrations_updated_at;
CREATE TRIGGER update_registrations_updated_at AFTER UPDATE ON registrations
WHEN NEW.revision = OLD.revision AND OLD.url_key IS NOT NULL
BEGIN
    UPDATE registrations SET
        revision = OLD.revision + 1,
        updated_at = CASE WHEN NEW.updated_at = OLD.updated_at
            THEN strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') ELSE NEW.updated_at END,
        url_key = CASE WHEN NEW.endpoint_url = OLD.endpoint_url
            THEN NEW.url_key ELSE rtrim(NEW.endpoint_url, '/') END,
        search_key = CASE
            WHEN NEW.endpoint_name = OLD.endpoint_name AND NEW.owner_contact = OLD.owner_contact
                AND NEW.description IS OLD.description
            THEN NEW.search_key
            ELSE lower(NEW.endpoint_name || char(10) || NEW.owner_contact || char(10)
                || COALESCE(NEW.description, '')) END
    WHERE registration_id = NEW.registration_id;
    -- What was found at one address must not be approved for another.
    DELETE FROM candidate_manifests
    WHERE registration_id = NEW.registration_id AND NEW.endpoint_url <> OLD.endpoint_url;
END;

CREATE TRIGGER fill_registrations_keys AFTER INSERT ON registrations
WHEN NEW.url_key IS NULL
BEGIN
    UPDATE registrations SET
        url_key = rtrim(NEW.endpoint_url, '/'),
        search_key = lower(NEW.endpoint_name || char(10) || NEW.owner_contact || char(10)
            || COALESCE(NEW.description, ''))
    WHERE registration_id = NEW.registration_id;
END;

CREATE TRIGGER update_servers_updated_at AFTER UPDATE ON servers
WHEN NEW.revision = OLD.revision AND OLD.alias IS NOT NULL
BEGIN
    UPDATE servers SET
        revision = OLD.revision + 1,
        updated_at = CASE WHEN NEW.updated_at = OLD.updated_at
            THEN strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') ELSE NEW.updated_at END
    WHERE id = NEW.id;
END;

CREATE TRIGGER fill_servers_alias AFTER INSERT ON servers
WHEN NEW.alias IS NULL
BEGIN
    UPDATE servers SET alias = 'server-' || substr(NEW.id, 1, 8) WHERE id = NEW.id;
END;

-- What discovery found for a registration's present content; no row: not looked at yet.
CREATE TABLE candidate_manifests (
    registration_id TEXT PRIMARY KEY NOT NULL
        REFERENCES registrations (registration_id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('pending', 'complete', 'failed')),
    fault_class TEXT,
    fault_detail TEXT,
    digest TEXT,
    definitions TEXT CHECK (json_valid(definitions)),
    for_revision INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    seen_at TEXT
) STRICT;

-- Aliases of servers that are gone, kept from others for a while. '' stands for no tenant.
CREATE TABLE retired_aliases (
    tenant_id TEXT NOT NULL DEFAULT '',
    alias TEXT NOT NULL,
    free_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, alias)
) STRICT;

-- The event log that followers read in order. A rolled-back insert gives its number back, so
-- there are no gaps.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,
    registration_id TEXT,
    server_id TEXT,
    tenant_id TEXT,
    previous_status TEXT,
    new_status TEXT,
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
    at TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX idx_events_event_id ON events (event_id);
