-- The gateway: servers, what they offer, and the log of recorded operations.

CREATE TABLE servers (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
        || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    endpoint_url TEXT NOT NULL,
    transport_type TEXT NOT NULL DEFAULT 'http'
        CHECK (transport_type IN ('http', 'websocket', 'sse', 'stdio')),
    version TEXT NOT NULL DEFAULT '1.0.0' CHECK (length(version) <= 50),
    description TEXT,
    capabilities TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(capabilities)),
    tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    health_status TEXT NOT NULL DEFAULT 'unknown'
        CHECK (health_status IN ('healthy', 'unhealthy', 'degraded', 'unknown', 'maintenance')),
    tenant_id TEXT CHECK (length(tenant_id) <= 100),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    -- Null for a server that an administrator made without a registration.
    registration_id TEXT REFERENCES registrations (registration_id) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX idx_servers_registration_id ON servers (registration_id);

-- What an approval pins. `raw` is the definition byte for byte as the upstream sent it; the other
-- columns are read out of it for people. Names are cut to 100 characters, `full_name` is not.
CREATE TABLE server_tools (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
        || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (length(name) <= 100),
    full_name TEXT NOT NULL,
    description TEXT,
    position INTEGER NOT NULL,
    digest TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;

CREATE TABLE server_resources (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
        || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    -- The URI of a resource, or the URI template of a template.
    uri_template TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('resource', 'resource_template')),
    name TEXT CHECK (length(name) <= 100),
    description TEXT,
    mime_type TEXT CHECK (length(mime_type) <= 100),
    position INTEGER NOT NULL,
    digest TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;

CREATE TABLE server_prompts (
    id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
        || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (length(name) <= 100),
    full_name TEXT NOT NULL,
    description TEXT,
    position INTEGER NOT NULL,
    digest TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX idx_server_tools_server_id_name ON server_tools (server_id, full_name);
CREATE UNIQUE INDEX idx_server_resources_server_id_uri
    ON server_resources (server_id, kind, uri_template);
CREATE UNIQUE INDEX idx_server_prompts_server_id_name ON server_prompts (server_id, full_name);

-- One row per recorded operation. No references: a record outlives whom and what it names.
CREATE TABLE fastmcp_audit_log (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT,
    tenant_id TEXT,
    email TEXT,
    method TEXT NOT NULL,
    tool_name TEXT,
    params TEXT,
    success INTEGER NOT NULL,
    error_message TEXT,
    duration_ms INTEGER NOT NULL,
    timestamp TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    error_code TEXT,
    request_id TEXT NOT NULL DEFAULT '',
    server_id TEXT
) STRICT;

CREATE INDEX idx_fastmcp_audit_log_timestamp ON fastmcp_audit_log (timestamp);
