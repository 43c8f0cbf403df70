DROP TABLE leases;
DROP TABLE server_drifts;
DROP TRIGGER keep_servers_revision ON servers;
CREATE TRIGGER keep_servers_revision BEFORE UPDATE ON servers
    FOR EACH ROW WHEN (NEW.revision = OLD.revision) EXECUTE FUNCTION keep_server_revision();
DROP INDEX idx_servers_next_probe_at;
ALTER TABLE servers
    DROP CONSTRAINT servers_health_times,
    DROP COLUMN compared_at,
    DROP COLUMN next_probe_at,
    DROP COLUMN health_streak;
