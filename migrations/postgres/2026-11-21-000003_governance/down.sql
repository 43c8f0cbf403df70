DROP TABLE events;
DROP TABLE event_head;
DROP FUNCTION announce_events;
DROP FUNCTION number_event;
DROP TABLE retired_aliases;
DROP TABLE candidate_manifests;

DROP TRIGGER admin_source_2_is_manual ON users;
DROP TRIGGER admin_source_1_is_named ON users;
DROP FUNCTION make_admin_source_manual;
DROP FUNCTION note_admin_source;
DROP TRIGGER fill_servers_alias ON servers;
DROP FUNCTION fill_server_alias;
DROP TRIGGER keep_servers_revision ON servers;
DROP FUNCTION keep_server_revision;
DROP TRIGGER fill_registrations_keys ON registrations;
DROP FUNCTION fill_registration_keys;
DROP TRIGGER keep_registrations_revision ON registrations;
DROP FUNCTION keep_registration_revision;
DROP FUNCTION registration_search_key;

ALTER TABLE fastmcp_audit_log DROP CONSTRAINT fastmcp_audit_log_times;
ALTER TABLE servers DROP CONSTRAINT servers_times;
ALTER TABLE audit_log DROP CONSTRAINT audit_log_times;
ALTER TABLE registrations DROP CONSTRAINT registrations_times;
ALTER TABLE users DROP CONSTRAINT users_times;
DROP FUNCTION is_readable_time;

DROP INDEX idx_servers_awaited;
DROP INDEX idx_audit_log_action_timestamp;
DROP INDEX idx_audit_log_user_id_timestamp;
DROP INDEX idx_registrations_submitter_id_created_at;
DROP INDEX idx_registrations_status_created_at;
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
