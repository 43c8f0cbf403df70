INSERT INTO oauth_clients (client_id, client_name, redirect_uris, created_at, ends_at) VALUES
    ('client', 'Client', '["http://127.0.0.1/"]', '2026-11-21T10:00:00.000000Z', '2027-11-21T10:00:00.000000Z');
