-- What opens servers that want credentials, sealed; at most one for each. It is for one origin: where
-- the server is somewhere else by now, it is not shown.

CREATE TABLE server_credentials (
    server_id UUID PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    header_name TEXT NOT NULL,
    origin TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    set_at TIMESTAMPTZ NOT NULL,
    set_by UUID,
    revision BIGINT NOT NULL,
    CONSTRAINT server_credentials_times CHECK (is_readable_time(set_at))
);
