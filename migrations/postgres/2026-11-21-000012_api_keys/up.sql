-- API keys of machines, without their secrets: a digest of 256 random bits is all that is kept.
CREATE TABLE api_keys (
    id UUID PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    tenant_id VARCHAR(100),
    roles TEXT[] NOT NULL,
    scopes TEXT[] NOT NULL,
    digest TEXT NOT NULL,
    made_by UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    CONSTRAINT api_keys_times CHECK (is_readable_time(created_at) AND is_readable_time(expires_at)
        AND is_readable_time(revoked_at))
);
