-- What the gateway keeps as an OAuth authorization server. Rows with an end are swept away after it.

CREATE TABLE oauth_clients (
    client_id TEXT PRIMARY KEY,
    client_name TEXT CHECK (length(client_name) BETWEEN 1 AND 100),
    redirect_uris JSONB NOT NULL,
    secret_hash BYTEA CHECK (length(secret_hash) = 32),
    created_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT oauth_clients_times CHECK (is_readable_time(created_at) AND is_readable_time(ends_at))
);

-- What people let clients do; the key is a hash over person, client, redirect address and scopes.
CREATE TABLE oauth_consents (
    consent_key TEXT PRIMARY KEY CHECK (length(consent_key) = 64),
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    tenant_id TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT oauth_consents_times CHECK (is_readable_time(created_at) AND is_readable_time(ends_at))
);

-- One row for each chain of refresh tokens.
CREATE TABLE oauth_grants (
    grant_id UUID PRIMARY KEY,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    tenant_id TEXT,
    resource TEXT NOT NULL,
    scopes JSONB NOT NULL,
    serial BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT oauth_grants_times CHECK (is_readable_time(created_at) AND is_readable_time(ends_at))
);

-- Tokens and grants that are refused before they end.
CREATE TABLE oauth_denials (
    denied_id UUID PRIMARY KEY,
    since TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT oauth_denials_times CHECK (is_readable_time(since) AND is_readable_time(ends_at))
);

-- The keys that sign tokens, sealed.
CREATE TABLE oauth_keys (
    generation BIGINT PRIMARY KEY,
    kid TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    signs_from TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT oauth_keys_times CHECK (is_readable_time(signs_from) AND is_readable_time(ends_at))
);

-- A person's grants, the newest of which are kept.
CREATE INDEX idx_oauth_grants_subject_created_at ON oauth_grants (subject, created_at);
-- Denials that are news to a replica.
CREATE INDEX idx_oauth_denials_since ON oauth_denials (since);
