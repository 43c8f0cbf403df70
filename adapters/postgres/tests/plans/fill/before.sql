-- What the other scripts are written with. Nobody else vacuums meanwhile.
CREATE FUNCTION numbered(kind TEXT, n BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE
    AS $$ SELECT (kind || '0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION minute(n BIGINT) RETURNS TIMESTAMPTZ LANGUAGE sql STABLE
    AS $$ SELECT timestamptz '2026-01-01 00:00:00Z' + n * interval '1 minute' $$;
CREATE FUNCTION digest(n BIGINT) RETURNS TEXT LANGUAGE sql IMMUTABLE
    AS $$ SELECT 'sha256:' || lpad(to_hex(n), 64, '0') $$;

DO $$
DECLARE
    name TEXT;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = FALSE)', name);
    END LOOP;
END
$$;
