-- PostgreSQL keeps here what replicas share: sessions, heartbeats, messages. With one file there is
-- one machine, and its processes keep these in memory: there is nothing to make. The migration
-- exists so that both stores count the same versions.
SELECT 1;
