-- What the gateway keeps as an OAuth authorization server. Rows with an end are swept away after it.

CREATE TABLE oauth_clients (
    client_id TEXT PRIMARY KEY NOT NULL,
    client_name TEXT CHECK (length(client_name) BETWEEN 1 AND 100),
    redirect_uris TEXT NOT NULL,
    secret_hash BLOB CHECK (length(secret_hash) = 32),
    created_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;

-- What people let clients do; the key is a hash over person, client, redirect address and scopes.
CREATE TABLE oauth_consents (
    consent_key TEXT PRIMARY KEY NOT NULL CHECK (length(consent_key) = 64),
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    tenant_id TEXT,
    created_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;

-- One row for each chain of refresh tokens.
CREATE TABLE oauth_grants (
    grant_id TEXT PRIMARY KEY NOT NULL,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    tenant_id TEXT,
    resource TEXT NOT NULL,
    scopes TEXT NOT NULL,
    serial INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;

-- Tokens and grants that are refused before they end.
CREATE TABLE oauth_denials (
    denied_id TEXT PRIMARY KEY NOT NULL,
    since TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;

-- The keys that sign tokens, sealed.
CREATE TABLE oauth_keys (
    generation INTEGER PRIMARY KEY NOT NULL,
    kid TEXT NOT NULL,
    sealed BLOB NOT NULL,
    signs_from TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;

-- A person's grants, the newest of which are kept.
CREATE INDEX idx_oauth_grants_subject_created_at ON oauth_grants (subject, created_at);
-- Denials that are news to a replica.
CREATE INDEX idx_oauth_denials_since ON oauth_denials (since);
