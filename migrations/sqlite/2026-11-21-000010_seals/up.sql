-- Seals: the proof that records are as they were written. A chain is what one writer recorded on one
-- day; the audit trail is one chain, by the positions of its events.

CREATE TABLE chains (
    id TEXT PRIMARY KEY NOT NULL,
    log TEXT NOT NULL CHECK (log IN ('operations', 'audit')),
    day TEXT NOT NULL,
    -- When everything in it had a seal, and nothing came any more.
    closed_at TEXT
) STRICT;
CREATE INDEX idx_chains_open ON chains (log, day, id) WHERE closed_at IS NULL;

CREATE TABLE seals (
    chain TEXT NOT NULL,
    log TEXT NOT NULL CHECK (log IN ('operations', 'audit')),
    day TEXT NOT NULL,
    after_position INTEGER NOT NULL,
    to_position INTEGER NOT NULL,
    count INTEGER NOT NULL,
    digest TEXT NOT NULL,
    previous TEXT,
    made_at TEXT NOT NULL,
    -- Of each record its place and the beginning of its digest: which one it was that changed.
    marks BLOB NOT NULL,
    -- When the records were removed because they were old enough.
    purged_at TEXT,
    PRIMARY KEY (chain, after_position)
) STRICT;
CREATE INDEX idx_seals_made_at ON seals (made_at);
CREATE INDEX idx_seals_day ON seals (log, day) WHERE purged_at IS NULL;

-- Records of before stand in no chain, and say so.
ALTER TABLE fastmcp_audit_log ADD COLUMN chain TEXT;
ALTER TABLE fastmcp_audit_log ADD COLUMN position INTEGER;
UPDATE fastmcp_audit_log SET chain = '00000000-0000-0000-0000-000000000000';
CREATE UNIQUE INDEX idx_fastmcp_audit_log_chain ON fastmcp_audit_log (chain, position);

-- The same of audit rows that no event was written with.
ALTER TABLE audit_log ADD COLUMN chained INTEGER NOT NULL DEFAULT 1;
UPDATE audit_log SET chained = 0 WHERE log_id NOT IN (SELECT event_id FROM events);
