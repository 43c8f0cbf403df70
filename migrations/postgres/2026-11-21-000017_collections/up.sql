-- Named subsets of servers and their tools, each behind an address of its own.
CREATE TABLE collections (
    id UUID PRIMARY KEY,
    tenant_id VARCHAR(100),
    slug TEXT NOT NULL CHECK (length(slug) BETWEEN 1 AND 63),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    description TEXT,
    instructions TEXT,
    members JSONB NOT NULL,
    made_by UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    revision BIGINT NOT NULL,
    CONSTRAINT collections_times CHECK (is_readable_time(created_at) AND is_readable_time(updated_at))
);
-- Whether a slug is taken, and by whom.
CREATE UNIQUE INDEX idx_collections_slug_tenant_id ON collections (slug, COALESCE(tenant_id, ''));
