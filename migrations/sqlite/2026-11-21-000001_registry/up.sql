-- The registry: people, registrations, and the audit trail of decisions.
--
-- Ids are lower-case hyphenated UUIDs, times are RFC 3339 in UTC with six fractional digits: both
-- read well in a shell and sort as text. Booleans are 0 and 1, so that TRUE and FALSE work.

CREATE TABLE users (
    user_id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
        || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    entra_id TEXT NOT NULL,
    email TEXT NOT NULL,
    display_name TEXT,
    is_admin INTEGER NOT NULL DEFAULT FALSE CHECK (is_admin IN (0, 1)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;

CREATE TABLE registrations (
    registration_id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
        || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    endpoint_url TEXT NOT NULL,
    endpoint_name TEXT NOT NULL,
    description TEXT,
    owner_contact TEXT NOT NULL,
    available_tools TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(available_tools)),
    status TEXT NOT NULL DEFAULT 'Pending',
    submitter_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    approver_id TEXT REFERENCES users (user_id) ON DELETE RESTRICT,
    submitted_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    approved_at TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    CONSTRAINT registrations_endpoint_name_length CHECK (length(endpoint_name) BETWEEN 3 AND 200),
    CONSTRAINT registrations_status CHECK (status IN ('Pending', 'Approved', 'Rejected')),
    -- Whoever decides leaves name and time, also when rejecting.
    CONSTRAINT registrations_decision CHECK (
        (status = 'Pending') = (approver_id IS NULL) AND (status = 'Pending') = (approved_at IS NULL)
    )
) STRICT;

-- No foreign key to registrations: the trail outlives what it tells about.
CREATE TABLE audit_log (
    log_id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(
        hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
        || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    registration_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    action TEXT NOT NULL,
    previous_status TEXT,
    new_status TEXT,
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
    timestamp TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    CONSTRAINT audit_log_action
        CHECK (action IN ('Created', 'Approved', 'Rejected', 'Updated', 'Deleted'))
) STRICT;

CREATE UNIQUE INDEX idx_users_entra_id ON users (entra_id);
CREATE UNIQUE INDEX idx_registrations_endpoint_url ON registrations (endpoint_url);
CREATE INDEX idx_registrations_status ON registrations (status);
CREATE INDEX idx_registrations_submitter_id ON registrations (submitter_id);
CREATE INDEX idx_registrations_created_at ON registrations (created_at);
CREATE INDEX idx_audit_log_registration_id ON audit_log (registration_id);
CREATE INDEX idx_audit_log_timestamp ON audit_log (timestamp);

-- For SQL by hand: who sets updated_at in the same statement is believed.
CREATE TRIGGER update_users_updated_at AFTER UPDATE ON users
WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE users SET updated_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
    WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER update_registrations_updated_at AFTER UPDATE ON registrations
WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE registrations SET updated_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
    WHERE registration_id = NEW.registration_id;
END;
