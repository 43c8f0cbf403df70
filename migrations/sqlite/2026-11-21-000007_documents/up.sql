-- Documents and links of registrations. They go with their registration.

CREATE TABLE documents (
    document_id TEXT PRIMARY KEY NOT NULL,
    registration_id TEXT NOT NULL REFERENCES registrations (registration_id) ON DELETE CASCADE,
    filename TEXT NOT NULL CHECK (length(filename) BETWEEN 1 AND 255),
    content_type TEXT NOT NULL CHECK (length(content_type) BETWEEN 1 AND 100),
    size_bytes INTEGER NOT NULL CHECK (size_bytes BETWEEN 1 AND 10485760),
    digest TEXT NOT NULL CHECK (length(digest) = 71),
    title TEXT CHECK (length(title) BETWEEN 1 AND 200),
    tool_name TEXT CHECK (length(tool_name) BETWEEN 1 AND 255),
    uploaded_by TEXT NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    created_at TEXT NOT NULL
) STRICT;

-- The bytes, in a table of their own: lists do not carry them.
CREATE TABLE document_contents (
    document_id TEXT PRIMARY KEY NOT NULL REFERENCES documents (document_id) ON DELETE CASCADE,
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 10485760)
) STRICT;

CREATE TABLE links (
    link_id TEXT PRIMARY KEY NOT NULL,
    registration_id TEXT NOT NULL REFERENCES registrations (registration_id) ON DELETE CASCADE,
    rel TEXT NOT NULL
        CHECK (rel IN ('documentation', 'source', 'issues', 'homepage', 'other')),
    url TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    title TEXT CHECK (length(title) BETWEEN 1 AND 200),
    added_by TEXT NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    created_at TEXT NOT NULL
) STRICT;

-- The documents of a registration, page by page.
CREATE INDEX idx_documents_registration_id_created_at
    ON documents (registration_id, created_at, document_id);
-- The links of a registration, and whether it has an address.
CREATE UNIQUE INDEX idx_links_registration_id_url
    ON links (registration_id, url);
