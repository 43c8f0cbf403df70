-- The registry: people, registrations, and the audit trail of decisions.
--
-- This script stands by itself, `psql -v ON_ERROR_STOP=1 -f up.sql`, and may run as often as one
-- likes: what is there stays as it is. It needs PostgreSQL 14, no extension and no superuser.

CREATE TABLE IF NOT EXISTS users (
    user_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    entra_id TEXT NOT NULL,
    email TEXT NOT NULL,
    display_name TEXT,
    is_admin BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS registrations (
    registration_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    endpoint_url TEXT NOT NULL,
    endpoint_name TEXT NOT NULL,
    description TEXT,
    owner_contact TEXT NOT NULL,
    available_tools JSONB NOT NULL DEFAULT '[]',
    status TEXT NOT NULL DEFAULT 'Pending',
    submitter_id UUID NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    approver_id UUID REFERENCES users (user_id) ON DELETE RESTRICT,
    submitted_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    approved_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT registrations_endpoint_name_length CHECK (length(endpoint_name) BETWEEN 3 AND 200),
    CONSTRAINT registrations_status CHECK (status IN ('Pending', 'Approved', 'Rejected')),
    -- Whoever decides leaves name and time, also when rejecting.
    CONSTRAINT registrations_decision CHECK (
        (status = 'Pending') = (approver_id IS NULL) AND (status = 'Pending') = (approved_at IS NULL)
    )
);

-- No foreign key to registrations: the trail outlives what it tells about.
CREATE TABLE IF NOT EXISTS audit_log (
    log_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    registration_id UUID NOT NULL,
    user_id UUID NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    action TEXT NOT NULL,
    previous_status TEXT,
    new_status TEXT,
    metadata JSONB NOT NULL DEFAULT '{}',
    timestamp TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT audit_log_action
        CHECK (action IN ('Created', 'Approved', 'Rejected', 'Updated', 'Deleted'))
);

-- Who signs in; a registration by its address; how many have a status, or a submitter; the newest
-- registrations; the trail of one registration; the newest of the trail.
CREATE UNIQUE INDEX IF NOT EXISTS idx_users_entra_id ON users (entra_id);
CREATE UNIQUE INDEX IF NOT EXISTS idx_registrations_endpoint_url ON registrations (endpoint_url);
CREATE INDEX IF NOT EXISTS idx_registrations_status ON registrations (status);
CREATE INDEX IF NOT EXISTS idx_registrations_submitter_id ON registrations (submitter_id);
CREATE INDEX IF NOT EXISTS idx_registrations_created_at ON registrations (created_at);
CREATE INDEX IF NOT EXISTS idx_audit_log_registration_id ON audit_log (registration_id);
CREATE INDEX IF NOT EXISTS idx_audit_log_timestamp ON audit_log (timestamp);

-- For SQL by hand: who sets updated_at in the same statement is believed, and so is who changes
-- the revision (a column that a later migration adds: only the product does that).
CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.updated_at = OLD.updated_at
        AND to_jsonb(NEW) -> 'revision' IS NOT DISTINCT FROM to_jsonb(OLD) -> 'revision'
    THEN
        NEW.updated_at := GREATEST(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER update_users_updated_at BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE OR REPLACE TRIGGER update_registrations_updated_at BEFORE UPDATE ON registrations
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
