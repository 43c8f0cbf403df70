INSERT INTO server_drifts (server_id, definitions, since, refused) VALUES
    ('00000000-0000-0000-0000-000000000031', '[]', '2026-11-21T10:00:00.000000Z', FALSE);
