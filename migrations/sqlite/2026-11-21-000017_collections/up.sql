-- Named subsets of servers and their tools, each behind an address of its own.
CREATE TABLE collections (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT CHECK (length(tenant_id) <= 100),
    slug TEXT NOT NULL CHECK (length(slug) BETWEEN 1 AND 63),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    description TEXT,
    instructions TEXT,
    members TEXT NOT NULL CHECK (json_valid(members)),
    made_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
-- Whether a slug is taken, and by whom.
CREATE UNIQUE INDEX idx_collections_slug_tenant_id ON collections (slug, COALESCE(tenant_id, ''));
