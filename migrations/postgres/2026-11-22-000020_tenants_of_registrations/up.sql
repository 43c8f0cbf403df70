-- The list of one tenant's registrations, and how many there are: everybody but administrators sees
-- those of their tenant and of none.

CREATE INDEX idx_registrations_tenant_id_created_at
    ON registrations (tenant_id, created_at, registration_id);
