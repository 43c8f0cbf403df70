-- What replicas share when there is no Redis: sessions, who is alive, and what they tell each
-- other.

-- Sealed values with an end. The product's clock decides when a value ends, not the database's.
CREATE TABLE sessions (
    key TEXT PRIMARY KEY,
    value BYTEA NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL
);

-- Those that have ended.
CREATE INDEX idx_sessions_ends_at ON sessions (ends_at);

-- The replicas, each with the time of its last heartbeat and where the others reach it.
CREATE TABLE replicas (
    replica_id UUID PRIMARY KEY,
    internal_url TEXT,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    seen_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- Messages between replicas; NOTIFY carries their ids. No recipient: to all. They are taken away
-- after a short while, so that there are never many: no index but the key's.
CREATE TABLE replica_messages (
    message_id UUID PRIMARY KEY,
    sender UUID NOT NULL,
    recipient UUID,
    topic TEXT NOT NULL,
    payload BYTEA NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
