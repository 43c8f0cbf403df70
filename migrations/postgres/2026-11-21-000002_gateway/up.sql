-- The gateway: servers, what they offer, and the log of recorded operations.

CREATE TYPE transport_type_enum AS ENUM ('http', 'websocket', 'sse', 'stdio');
CREATE TYPE server_status_enum
    AS ENUM ('healthy', 'unhealthy', 'degraded', 'unknown', 'maintenance');

CREATE TABLE servers (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name VARCHAR(100) NOT NULL CHECK (name <> ''),
    endpoint_url TEXT NOT NULL,
    transport_type transport_type_enum NOT NULL DEFAULT 'http',
    version VARCHAR(50) NOT NULL DEFAULT '1.0.0',
    description TEXT,
    capabilities JSONB NOT NULL DEFAULT '{}',
    tags TEXT[] NOT NULL DEFAULT '{}',
    health_status server_status_enum NOT NULL DEFAULT 'unknown',
    tenant_id VARCHAR(100),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- Null for a server that an administrator made without a registration.
    registration_id UUID REFERENCES registrations (registration_id) ON DELETE CASCADE
);

-- The server of a registration: to show beside it, and to remove with it.
CREATE UNIQUE INDEX idx_servers_registration_id ON servers (registration_id);

-- What an approval pins. `raw` is the definition byte for byte as the upstream sent it; the other
-- columns are read out of it for people. Names are cut to 100 characters, `full_name` is not.
CREATE TABLE server_tools (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id UUID NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    full_name TEXT NOT NULL,
    description TEXT,
    position BIGINT NOT NULL,
    digest TEXT NOT NULL,
    raw BYTEA NOT NULL
);

CREATE TABLE server_resources (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id UUID NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    -- The URI of a resource, or the URI template of a template.
    uri_template TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('resource', 'resource_template')),
    name VARCHAR(100),
    description TEXT,
    mime_type VARCHAR(100),
    position BIGINT NOT NULL,
    digest TEXT NOT NULL,
    raw BYTEA NOT NULL
);

CREATE TABLE server_prompts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    server_id UUID NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    full_name TEXT NOT NULL,
    description TEXT,
    position BIGINT NOT NULL,
    digest TEXT NOT NULL,
    raw BYTEA NOT NULL
);

-- What is pinned of a server: read with it, replaced, and removed with it.
-- By the digest of a name: a name may be longer than an index entry. The text's encoding is named,
-- so the function always answers the same.
CREATE FUNCTION name_digest(name TEXT) RETURNS BYTEA LANGUAGE sql IMMUTABLE
    AS $$ SELECT sha256(convert_to(name, 'UTF8')) $$;
CREATE UNIQUE INDEX idx_server_tools_server_id_name
    ON server_tools (server_id, name_digest(full_name));
CREATE UNIQUE INDEX idx_server_resources_server_id_uri
    ON server_resources (server_id, kind, name_digest(uri_template));
CREATE UNIQUE INDEX idx_server_prompts_server_id_name
    ON server_prompts (server_id, name_digest(full_name));

-- One row per recorded operation. No references: a record outlives whom and what it names.
CREATE TABLE fastmcp_audit_log (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id VARCHAR(100),
    tenant_id VARCHAR(100),
    email VARCHAR(255),
    method VARCHAR(100) NOT NULL,
    tool_name VARCHAR(100),
    params JSONB,
    success BOOLEAN NOT NULL,
    error_message TEXT,
    duration_ms INTEGER NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL DEFAULT now(),
    error_code TEXT,
    request_id TEXT NOT NULL DEFAULT '',
    server_id UUID
);

-- The newest operations, and how many there are.
CREATE INDEX idx_fastmcp_audit_log_timestamp ON fastmcp_audit_log (timestamp);
