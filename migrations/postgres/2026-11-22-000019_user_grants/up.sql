-- What people granted us at servers that sign them in by themselves, sealed; at most one of each person
-- at each server. A grant goes with the server's credential, for one setting of which it is good.

CREATE TABLE user_grants (
    server_id UUID NOT NULL REFERENCES server_credentials (server_id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    tenant_id TEXT,
    sealed BYTEA NOT NULL,
    granted_at TIMESTAMPTZ NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (server_id, subject),
    CONSTRAINT user_grants_times CHECK (is_readable_time(granted_at))
);
