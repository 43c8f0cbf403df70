-- Governance: revisions that guard each write, tenants, aliases, candidates, and the event log.

ALTER TABLE users ADD COLUMN tenant_id VARCHAR(100);
-- Who set is_admin: a group sync takes back only what it gave itself.
ALTER TABLE users ADD COLUMN admin_source TEXT NOT NULL DEFAULT 'manual'
    CHECK (admin_source IN ('manual', 'group'));

ALTER TABLE registrations ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE registrations ADD COLUMN tenant_id VARCHAR(100);
ALTER TABLE registrations ADD COLUMN alias TEXT CHECK (length(alias) BETWEEN 1 AND 24);
ALTER TABLE registrations ADD COLUMN reason TEXT;
-- One text for all spellings of an address.
ALTER TABLE registrations ADD COLUMN url_key TEXT;
-- Name, contact and description in lower case, for substring search.
ALTER TABLE registrations ADD COLUMN search_key TEXT NOT NULL DEFAULT '';

ALTER TABLE servers ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN alias TEXT CHECK (length(alias) BETWEEN 1 AND 24);
ALTER TABLE servers ADD COLUMN manifest_state TEXT NOT NULL DEFAULT 'awaited'
    CHECK (manifest_state IN ('awaited', 'reviewed', 'unreviewed'));
ALTER TABLE servers ADD COLUMN manifest_digest TEXT;

-- A time that the product can read: one row with 'infinity', or a year of five digits, would make
-- every list that it is in unreadable. Its own times end shortly before the year 10000.
CREATE FUNCTION is_readable_time(at TIMESTAMPTZ) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE
    AS $$ SELECT isfinite(at) AND at > '0001-01-01 00:00:00+00' AND at < '9999-01-01 00:00:00+00' $$;
ALTER TABLE users ADD CONSTRAINT users_times
    CHECK (is_readable_time(created_at) AND is_readable_time(updated_at));
ALTER TABLE registrations ADD CONSTRAINT registrations_times CHECK (
    is_readable_time(submitted_at) AND is_readable_time(approved_at)
    AND is_readable_time(created_at) AND is_readable_time(updated_at)
);
ALTER TABLE audit_log ADD CONSTRAINT audit_log_times CHECK (is_readable_time(timestamp));
ALTER TABLE servers ADD CONSTRAINT servers_times
    CHECK (is_readable_time(created_at) AND is_readable_time(updated_at));
ALTER TABLE fastmcp_audit_log ADD CONSTRAINT fastmcp_audit_log_times
    CHECK (is_readable_time(timestamp));

CREATE FUNCTION registration_search_key(name TEXT, contact TEXT, description TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT lower(name || E'\n' || contact || E'\n' || COALESCE(description, '')) $$;

-- Rows that were there before this migration (or come by hand) get what SQL can give them; when
-- they last changed stays as it was.
ALTER TABLE registrations DISABLE TRIGGER update_registrations_updated_at;
UPDATE registrations SET
    url_key = rtrim(endpoint_url, '/'),
    search_key = registration_search_key(endpoint_name, owner_contact, description);
ALTER TABLE registrations ENABLE TRIGGER update_registrations_updated_at;
UPDATE servers SET alias = 'server-' || left(id::text, 8);

-- A registration by another spelling of its address.
CREATE UNIQUE INDEX idx_registrations_url_key ON registrations (url_key);
-- Whether a name or an alias is taken, and by whom.
-- The name comes first, so that a look-up by name or alias alone uses the index too.
CREATE UNIQUE INDEX idx_servers_name_tenant_id ON servers (name, COALESCE(tenant_id, ''));
CREATE UNIQUE INDEX idx_servers_alias_tenant_id ON servers (alias, COALESCE(tenant_id, ''));
-- The lists of registrations by status and by submitter, page by page.
CREATE INDEX idx_registrations_status_created_at
    ON registrations (status, created_at, registration_id);
CREATE INDEX idx_registrations_submitter_id_created_at
    ON registrations (submitter_id, created_at, registration_id);
-- The audit trail of one person, and of one kind of action.
CREATE INDEX idx_audit_log_user_id_timestamp ON audit_log (user_id, timestamp);
CREATE INDEX idx_audit_log_action_timestamp ON audit_log (action, timestamp);
-- The few servers that wait for their first manifest.
CREATE INDEX idx_servers_awaited ON servers (updated_at, id) WHERE manifest_state = 'awaited';

-- What SQL by hand forgets. Each trigger is one of its own beside those of the first script, which
-- may run again at any time. The product's own writes change `revision` and pass by.
CREATE FUNCTION keep_registration_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision <> OLD.revision THEN
        RETURN NEW;
    END IF;
    NEW.revision := OLD.revision + 1;
    IF NEW.updated_at = OLD.updated_at THEN
        NEW.updated_at := GREATEST(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    END IF;
    IF NEW.endpoint_url <> OLD.endpoint_url THEN
        NEW.url_key := rtrim(NEW.endpoint_url, '/');
        -- What was found at one address must not be approved for another.
        DELETE FROM candidate_manifests WHERE registration_id = NEW.registration_id;
    END IF;
    IF (NEW.endpoint_name, NEW.owner_contact, NEW.description)
        IS DISTINCT FROM (OLD.endpoint_name, OLD.owner_contact, OLD.description)
    THEN
        NEW.search_key :=
            registration_search_key(NEW.endpoint_name, NEW.owner_contact, NEW.description);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_registrations_revision BEFORE UPDATE ON registrations
    FOR EACH ROW EXECUTE FUNCTION keep_registration_revision();

CREATE FUNCTION fill_registration_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.url_key := rtrim(NEW.endpoint_url, '/');
    NEW.search_key :=
        registration_search_key(NEW.endpoint_name, NEW.owner_contact, NEW.description);
    RETURN NEW;
END
$$;
CREATE TRIGGER fill_registrations_keys BEFORE INSERT ON registrations
    FOR EACH ROW WHEN (NEW.url_key IS NULL) EXECUTE FUNCTION fill_registration_keys();

CREATE FUNCTION keep_server_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    IF NEW.updated_at = OLD.updated_at THEN
        NEW.updated_at := GREATEST(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_servers_revision BEFORE UPDATE ON servers
    FOR EACH ROW WHEN (NEW.revision = OLD.revision) EXECUTE FUNCTION keep_server_revision();

CREATE FUNCTION fill_server_alias() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.alias := 'server-' || left(NEW.id::text, 8);
    RETURN NEW;
END
$$;
CREATE TRIGGER fill_servers_alias BEFORE INSERT ON servers
    FOR EACH ROW WHEN (NEW.alias IS NULL) EXECUTE FUNCTION fill_server_alias();

-- An UPDATE that names is_admin was done by a person, and no group sync takes it back, unless it
-- names admin_source too, as the product's own always do. Only a trigger for a column knows
-- whether the column was named, so the first one leaves word for the second, which fires after it
-- by its name: for this row, in this statement.
CREATE FUNCTION note_admin_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config(
        'mcp_registry.admin_source_named', NEW.user_id || ' ' || statement_timestamp(), TRUE);
    RETURN NEW;
END
$$;
CREATE FUNCTION make_admin_source_manual() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('mcp_registry.admin_source_named', TRUE)
        IS DISTINCT FROM NEW.user_id || ' ' || statement_timestamp()
    THEN
        NEW.admin_source := 'manual';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER admin_source_1_is_named BEFORE UPDATE OF admin_source ON users
    FOR EACH ROW EXECUTE FUNCTION note_admin_source();
CREATE TRIGGER admin_source_2_is_manual BEFORE UPDATE OF is_admin ON users
    FOR EACH ROW EXECUTE FUNCTION make_admin_source_manual();

-- What discovery found for a registration's present content; no row: not looked at yet.
CREATE TABLE candidate_manifests (
    registration_id UUID PRIMARY KEY REFERENCES registrations (registration_id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('pending', 'complete', 'failed')),
    fault_class TEXT,
    fault_detail TEXT,
    digest TEXT,
    -- A document with the definitions as texts. No query looks into it, and JSONB would only cost.
    definitions TEXT,
    for_revision BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ,
    seen_at TIMESTAMPTZ,
    CONSTRAINT candidate_manifests_times
        CHECK (is_readable_time(next_attempt_at) AND is_readable_time(seen_at))
);

-- Aliases of servers that are gone, kept from others for a while. '' stands for no tenant.
CREATE TABLE retired_aliases (
    tenant_id VARCHAR(100) NOT NULL DEFAULT '',
    alias TEXT NOT NULL,
    free_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, alias),
    CONSTRAINT retired_aliases_times CHECK (is_readable_time(free_at))
);

-- Those whose time has come.
CREATE INDEX idx_retired_aliases_free_at ON retired_aliases (free_at);

-- The event log that followers read in order.
CREATE TABLE events (
    seq BIGINT PRIMARY KEY,
    event_id UUID NOT NULL,
    kind TEXT NOT NULL,
    actor UUID,
    registration_id UUID,
    server_id UUID,
    tenant_id VARCHAR(100),
    previous_status TEXT,
    new_status TEXT,
    metadata JSONB NOT NULL DEFAULT '{}',
    at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT events_times CHECK (is_readable_time(at))
);

-- Whether a commit happened whose answer got lost.
CREATE UNIQUE INDEX idx_events_event_id ON events (event_id);

-- The number of the newest event. A sequence would not do: its numbers become visible in another
-- order than they were given out, and a rolled back one leaves a hole, so that a follower could
-- not tell a hole from an event that is still to come. This row's lock is held from the number to
-- the end of the transaction, which therefore writes its events last. Free room in its page lets
-- each new version of the row stay there (HOT).
CREATE TABLE event_head (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    seq BIGINT NOT NULL
) WITH (fillfactor = 10);

INSERT INTO event_head (seq) VALUES (0);

CREATE FUNCTION number_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE event_head SET seq = seq + 1 RETURNING seq INTO STRICT NEW.seq;
    RETURN NEW;
END
$$;
CREATE TRIGGER number_events BEFORE INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION number_event();

-- Wakes the followers of all replicas when the transaction commits.
CREATE FUNCTION announce_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('mcp_registry_events', seq::text) FROM event_head;
    RETURN NULL;
END
$$;
CREATE TRIGGER announce_events AFTER INSERT ON events
    FOR EACH STATEMENT EXECUTE FUNCTION announce_events();
