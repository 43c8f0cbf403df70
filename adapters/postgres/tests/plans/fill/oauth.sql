-- 100,000 clients, consents and grants, of 20,000 people, and 100,000 denials; the keys are two.
INSERT INTO oauth_clients (client_id, client_name, redirect_uris, created_at, ends_at)
SELECT 'client-' || n, 'Client ' || n, '["http://127.0.0.1/cb"]', minute(n), '2036-01-01Z'
FROM generate_series(1, 100000) AS n;

INSERT INTO oauth_consents (consent_key, client_id, subject, created_at, ends_at)
SELECT lpad(to_hex(n), 64, '0'), 'client-' || n, 'oid-' || n % 20000, minute(n), '2036-01-01Z'
FROM generate_series(1, 100000) AS n;

INSERT INTO oauth_grants
    (grant_id, client_id, subject, resource, scopes, serial, sealed, created_at, ends_at)
SELECT numbered('a', n), 'client-' || n, 'oid-' || n % 20000, '', '["access_as_user"]', 1, '\x00',
       minute(n), '2036-01-01Z'
FROM generate_series(1, 100000) AS n;

INSERT INTO oauth_denials (denied_id, since, ends_at)
SELECT numbered('b', n), minute(n), '2036-01-01Z' FROM generate_series(1, 100000) AS n;
