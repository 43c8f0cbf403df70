-- 1,000 people; 100,000 registrations: the newest 1,000 wait for a decision, of which 100 propose
-- anew what was approved; of the others every fifth was rejected. What is made up is no less
-- consistent than what the product writes, so nothing is checked row by row.
SET session_replication_role = replica;

INSERT INTO users (user_id, entra_id, email, display_name, is_admin, created_at, updated_at)
SELECT numbered('a', n), 'oid-' || n, 'user-' || n || '@example.com', 'User ' || n, n <= 5,
       minute(0), minute(0)
FROM generate_series(1, 1000) AS n;

INSERT INTO registrations
    (registration_id, endpoint_url, endpoint_name, description, owner_contact, available_tools,
     status, submitter_id, approver_id, submitted_at, approved_at, created_at, updated_at,
     url_key, search_key, standing, standing_url_key, author_id)
SELECT numbered('b', n), url || '/', name, 'What server ' || n || ' is good for', contact,
       '[{"name": "search"}, {"name": "fetch"}]', status, numbered('a', 1 + n % 1000),
       CASE WHEN status <> 'Pending' THEN numbered('a', 1 + n % 5) END, minute(n),
       CASE WHEN status <> 'Pending' THEN minute(n + 60) END, minute(n), minute(n + 60),
       url, lower(name || E'\n' || contact || E'\nwhat server ' || n || ' is good for'),
       CASE WHEN is_standing THEN jsonb_build_object(
           'endpoint_url', url || '-before', 'endpoint_name', name, 'owner_contact', contact,
           'available_tools', '[]'::jsonb, 'submitted_at', minute(n),
           'approver_id', numbered('a', 1), 'approved_at', minute(n + 60),
           'author_id', numbered('a', 1)) END,
       CASE WHEN is_standing THEN url || '-before' END, numbered('a', 1 + n % 1000)
FROM generate_series(1, 100000) AS n,
     LATERAL (SELECT 'https://s' || n || '.example.com/mcp' AS url, 'Server ' || n AS name,
                     'team-' || n % 300 || '@example.com' AS contact,
                     CASE WHEN n > 99000 THEN 'Pending' WHEN n % 5 = 0 THEN 'Rejected'
                          ELSE 'Approved' END AS status,
                     n > 99900 AS is_standing) AS made;

INSERT INTO candidate_manifests
    (registration_id, state, fault_class, fault_detail, digest, definitions, for_revision,
     attempts, next_attempt_at, seen_at)
SELECT numbered('b', n), CASE WHEN has_failed THEN 'failed' ELSE 'complete' END,
       CASE WHEN has_failed THEN 'timeout' END, CASE WHEN has_failed THEN 'no answer' END,
       CASE WHEN NOT has_failed THEN digest(n) END, CASE WHEN NOT has_failed THEN '[]' END,
       1, 1, CASE WHEN has_failed THEN minute(367600 + n) END, minute(n + 1)
FROM generate_series(1, 100000) AS n,
     LATERAL (SELECT n % 10 = 0 AS has_failed) AS made
-- Nobody has looked at these yet.
WHERE n NOT BETWEEN 99501 AND 99520;

-- It is minute 467,160 when the test runs: few of these have ended.
INSERT INTO retired_aliases (alias, free_at)
SELECT 'gone-' || n, minute(467000 + n) FROM generate_series(1, 20000) AS n;

INSERT INTO sessions (key, value, ends_at)
SELECT 'session-' || n, '\x00', minute(467000 + n) FROM generate_series(1, 50000) AS n;

INSERT INTO replicas (replica_id) SELECT numbered('9', n) FROM generate_series(1, 5) AS n;
