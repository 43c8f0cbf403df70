-- API keys of machines, without their secrets: a digest of 256 random bits is all that is kept.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL CHECK (length(name) <= 100),
    tenant_id TEXT CHECK (length(tenant_id) <= 100),
    roles TEXT NOT NULL CHECK (json_valid(roles)),
    scopes TEXT NOT NULL CHECK (json_valid(scopes)),
    digest TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
