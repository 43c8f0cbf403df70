-- Replicas ask for all administrators again and again: those few, and no other rows.
CREATE INDEX idx_users_administrators ON users (entra_id) WHERE is_admin;
