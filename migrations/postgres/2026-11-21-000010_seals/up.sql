-- Seals: the proof that records are as they were written. A chain is what one writer recorded on one
-- day; the audit trail is one chain, by the positions of its events.

CREATE TABLE chains (
    id UUID PRIMARY KEY,
    log TEXT NOT NULL CHECK (log IN ('operations', 'audit')),
    day DATE NOT NULL,
    -- When everything in it had a seal, and nothing came any more.
    closed_at TIMESTAMPTZ,
    CONSTRAINT chains_times CHECK (is_readable_time(closed_at))
);
-- Those that may have records without a seal.
CREATE INDEX idx_chains_open ON chains (log, day, id) WHERE closed_at IS NULL;

CREATE TABLE seals (
    chain UUID NOT NULL,
    log TEXT NOT NULL CHECK (log IN ('operations', 'audit')),
    day DATE NOT NULL,
    after_position BIGINT NOT NULL,
    to_position BIGINT NOT NULL,
    count INTEGER NOT NULL,
    digest TEXT NOT NULL,
    previous TEXT,
    made_at TIMESTAMPTZ NOT NULL,
    -- Of each record its place and the beginning of its digest: which one it was that changed.
    marks BYTEA NOT NULL,
    -- When the records were removed because they were old enough.
    purged_at TIMESTAMPTZ,
    PRIMARY KEY (chain, after_position),
    CONSTRAINT seals_times CHECK (is_readable_time(made_at) AND is_readable_time(purged_at))
);
-- The newest of all; and those that are old enough.
CREATE INDEX idx_seals_made_at ON seals (made_at);
CREATE INDEX idx_seals_day ON seals (log, day) WHERE purged_at IS NULL;

-- Records of before stand in no chain, and say so: the default is theirs alone.
ALTER TABLE fastmcp_audit_log
    ADD COLUMN chain UUID DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN position BIGINT;
ALTER TABLE fastmcp_audit_log ALTER COLUMN chain DROP DEFAULT;
-- A chain's records in their order.
CREATE UNIQUE INDEX idx_fastmcp_audit_log_chain ON fastmcp_audit_log (chain, position);

-- The same of audit rows that no event was written with.
ALTER TABLE audit_log ADD COLUMN chained BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE audit_log SET chained = FALSE
    WHERE NOT EXISTS (SELECT FROM events WHERE event_id = log_id);
