-- Documents and links of registrations. They go with their registration.

CREATE TABLE documents (
    document_id UUID PRIMARY KEY,
    registration_id UUID NOT NULL REFERENCES registrations (registration_id) ON DELETE CASCADE,
    filename TEXT NOT NULL CHECK (length(filename) BETWEEN 1 AND 255),
    content_type TEXT NOT NULL CHECK (length(content_type) BETWEEN 1 AND 100),
    size_bytes BIGINT NOT NULL CHECK (size_bytes BETWEEN 1 AND 10485760),
    digest TEXT NOT NULL CHECK (length(digest) = 71),
    title TEXT CHECK (length(title) BETWEEN 1 AND 200),
    tool_name TEXT CHECK (length(tool_name) BETWEEN 1 AND 255),
    uploaded_by UUID NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT documents_times CHECK (is_readable_time(created_at))
);

-- The bytes, in a table of their own: lists do not carry them.
CREATE TABLE document_contents (
    document_id UUID PRIMARY KEY REFERENCES documents (document_id) ON DELETE CASCADE,
    content BYTEA NOT NULL CHECK (length(content) BETWEEN 1 AND 10485760)
);
-- Uncompressed, so that a part of a document is read without the rest.
ALTER TABLE document_contents ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE links (
    link_id UUID PRIMARY KEY,
    registration_id UUID NOT NULL REFERENCES registrations (registration_id) ON DELETE CASCADE,
    rel TEXT NOT NULL
        CHECK (rel IN ('documentation', 'source', 'issues', 'homepage', 'other')),
    url TEXT NOT NULL CHECK (octet_length(url) BETWEEN 1 AND 2048),
    title TEXT CHECK (length(title) BETWEEN 1 AND 200),
    added_by UUID NOT NULL REFERENCES users (user_id) ON DELETE RESTRICT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT links_times CHECK (is_readable_time(created_at))
);

-- The documents of a registration, page by page.
CREATE INDEX idx_documents_registration_id_created_at
    ON documents (registration_id, created_at, document_id);
-- The links of a registration, and whether it has an address.
CREATE UNIQUE INDEX idx_links_registration_id_url
    ON links (registration_id, url);
