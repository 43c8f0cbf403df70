-- How servers are doing: when each is probed, what its probes found in a row, what it offers instead
-- of what was pinned, and who of several replicas does what one is to do.
ALTER TABLE servers
    -- Findings of one kind in a row: above zero it was alive so often, below it failed.
    ADD COLUMN health_streak INTEGER NOT NULL DEFAULT 0,
    -- Long ago for a server that was never probed.
    ADD COLUMN next_probe_at TIMESTAMPTZ NOT NULL DEFAULT '1970-01-01 00:00:00+00',
    -- When what it offers was last compared with what is pinned.
    ADD COLUMN compared_at TIMESTAMPTZ,
    ADD CONSTRAINT servers_health_times CHECK (
        is_readable_time(next_probe_at) AND is_readable_time(compared_at)
    );

-- The servers to be probed next.
CREATE INDEX idx_servers_next_probe_at ON servers (next_probe_at, id);

-- What a probe found is no new revision.
DROP TRIGGER keep_servers_revision ON servers;
CREATE TRIGGER keep_servers_revision BEFORE UPDATE ON servers
    FOR EACH ROW WHEN (
        NEW.revision = OLD.revision
        AND NEW.last_health_check IS NOT DISTINCT FROM OLD.last_health_check
    ) EXECUTE FUNCTION keep_server_revision();

-- What a server offers, where that is not what is pinned.
CREATE TABLE server_drifts (
    server_id UUID PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    -- A document with the definitions as texts. No query looks into it.
    definitions TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    refused BOOLEAN NOT NULL DEFAULT FALSE,
    CONSTRAINT server_drifts_times CHECK (is_readable_time(since))
);

-- Who does what one is to do, where there is no Redis to ask. A lease that has ended is anybody's;
-- the database's clock says when, as the replicas' may differ.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder UUID NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL
);
