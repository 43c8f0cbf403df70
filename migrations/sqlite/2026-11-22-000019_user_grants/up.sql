-- What people granted us at servers that sign them in by themselves, sealed; at most one of each person
-- at each server. A grant goes with the server's credential, for one setting of which it is good.

CREATE TABLE user_grants (
    server_id TEXT NOT NULL REFERENCES server_credentials (server_id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    tenant_id TEXT,
    sealed BLOB NOT NULL,
    granted_at TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (server_id, subject)
) STRICT;
