-- A document and two links of each registration.
SET session_replication_role = replica;

INSERT INTO documents
    (document_id, registration_id, filename, content_type, size_bytes, digest, uploaded_by,
     created_at)
SELECT numbered('1', n), numbered('b', n), 'guide-' || n || '.md', 'text/markdown', 3, digest(n),
       numbered('a', 1 + n % 1000), minute(n + 5)
FROM generate_series(1, 100000) AS n;

INSERT INTO document_contents (document_id, content)
SELECT numbered('1', n), '\x616263' FROM generate_series(1, 100000) AS n;

INSERT INTO links (link_id, registration_id, rel, url, added_by, created_at)
SELECT numbered('2', 2 * n + m), numbered('b', n), 'source',
       'https://code.example.com/' || n || '/' || m, numbered('a', 1 + n % 1000), minute(n + m)
FROM generate_series(1, 100000) AS n, generate_series(0, 1) AS m;
