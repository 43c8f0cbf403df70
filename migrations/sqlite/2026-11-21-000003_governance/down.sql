DROP TABLE events;
DROP TABLE retired_aliases;
DROP TABLE candidate_manifests;

DROP TRIGGER fill_servers_alias;
DROP TRIGGER update_servers_updated_at;
DROP TRIGGER fill_registrations_keys;
DROP TRIGGER update_registrations_updated_at;
DROP TRIGGER update_users_updated_at;

DROP INDEX idx_servers_alias_tenant_id;
DROP INDEX idx_servers_name_tenant_id;
DROP INDEX idx_registrations_url_key;

ALTER TABLE servers DROP COLUMN manifest_digest;
ALTER TABLE servers DROP COLUMN manifest_state;
ALTER TABLE servers DROP COLUMN alias;
ALTER TABLE servers DROP COLUMN revision;

ALTER TABLE registrations DROP COLUMN search_key;
ALTER TABLE registrations DROP COLUMN url_key;
ALTER TABLE registrations DROP COLUMN reason;
ALTER TABLE registrations DROP COLUMN alias;
ALTER TABLE registrations DROP COLUMN tenant_id;
ALTER TABLE registrations DROP COLUMN revision;

ALTER TABLE users DROP COLUMN admin_source;
ALTER TABLE users DROP COLUMN tenant_id;

CREATE TRIGGER update_users_updated_at AFTER UPDATE ON users
WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE users SET updated_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
    WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER update_registrations_updated_at AFTER UPDATE ON registrations
WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE registrations SET updated_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
    WHERE registration_id = NEW.registration_id;
END;
