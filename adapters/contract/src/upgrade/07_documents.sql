INSERT INTO documents (document_id, registration_id, filename, content_type, size_bytes, digest, uploaded_by, created_at) VALUES
    ('00000000-0000-0000-0000-000000000071', '00000000-0000-0000-0000-000000000011', 'guide.txt', 'text/plain', 2, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '00000000-0000-0000-0000-000000000002', '2026-11-21T10:00:00.000000Z');
INSERT INTO document_contents (document_id, content) VALUES ('00000000-0000-0000-0000-000000000071', {bytes});
INSERT INTO links (link_id, registration_id, rel, url, added_by, created_at) VALUES
    ('00000000-0000-0000-0000-000000000072', '00000000-0000-0000-0000-000000000011', 'source', 'https://example.com/', '00000000-0000-0000-0000-000000000002', '2026-11-21T10:00:00.000000Z');
