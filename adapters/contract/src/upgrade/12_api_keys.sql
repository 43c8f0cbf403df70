INSERT INTO api_keys (id, name, roles, scopes, digest, made_by, created_at, expires_at) VALUES
    ('00000000-0000-0000-0000-000000000091', 'machine', {texts}, {texts}, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '00000000-0000-0000-0000-000000000001',
        '2026-11-21T10:00:00.000000Z', '2027-11-21T10:00:00.000000Z');
