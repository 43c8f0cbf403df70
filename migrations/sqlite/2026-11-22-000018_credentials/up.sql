-- What opens servers that want credentials, sealed; at most one for each. It is for one origin: where
-- the server is somewhere else by now, it is not shown.

CREATE TABLE server_credentials (
    server_id TEXT PRIMARY KEY NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    header_name TEXT NOT NULL,
    origin TEXT NOT NULL,
    sealed BLOB NOT NULL,
    set_at TEXT NOT NULL,
    set_by TEXT,
    revision INTEGER NOT NULL
) STRICT;
