-- 1,000,000 operations, and what the registrations left in the audit trail and the event log.
SET session_replication_role = replica;

INSERT INTO fastmcp_audit_log
    (id, user_id, email, method, tool_name, success, duration_ms, timestamp, request_id, server_id,
     chain, position)
SELECT numbered('d', n), 'oid-' || 1 + n % 1000, 'user-' || 1 + n % 1000 || '@example.com',
       'tools/call', 'tool_1', n % 50 > 0, n % 700, minute(n / 4), 'request-' || n,
       numbered('c', 1 + n % 100000),
       -- The first 100,000 of all stand in 100 chains; the others are of before there were any.
       CASE WHEN n <= 100000 THEN numbered('3', 1 + n / 1001)
            ELSE '00000000-0000-0000-0000-000000000000' END,
       CASE WHEN n <= 100000 THEN n - 1001 * (n / 1001) + 1 END
FROM generate_series(1, 1000000) AS n;

INSERT INTO chains (id, log, day, closed_at)
SELECT numbered('3', n), 'operations', '2026-01-01'::date + n::int,
       CASE WHEN n <= 99 THEN now() END
FROM generate_series(1, 100) AS n;

-- The oldest are purged.
INSERT INTO seals (chain, log, day, after_position, to_position, count, digest, made_at, marks,
                   purged_at)
SELECT numbered('3', n), 'operations', '2026-01-01'::date + n::int, 10 * m, 10 * m + 10, 10,
       'sha256:' || repeat('0', 64), minute(1440 * n + 10 * m), '',
       CASE WHEN n <= 50 THEN now() END
FROM generate_series(1, 100) AS n, generate_series(0, 999) AS m;

INSERT INTO audit_log
    (log_id, registration_id, user_id, action, previous_status, new_status, timestamp)
SELECT numbered('e', n), numbered('b', n), numbered('a', 1 + n % 1000), 'Created', NULL, 'Pending',
       minute(n)
FROM generate_series(1, 100000) AS n
UNION ALL
SELECT numbered('e', 100000 + n), numbered('b', n), numbered('a', 1 + n % 5),
       CASE WHEN n % 5 = 0 THEN 'Rejected' ELSE 'Approved' END, 'Pending',
       CASE WHEN n % 5 = 0 THEN 'Rejected' ELSE 'Approved' END, minute(n + 60)
FROM generate_series(1, 99000) AS n
UNION ALL
SELECT numbered('e', 200000 + n), numbered('f', n), numbered('a', 1 + n % 5), 'Deleted', 'Approved',
       NULL, minute(n + 90)
FROM generate_series(1, 2000) AS n;

INSERT INTO events (seq, event_id, kind, actor, registration_id, at)
SELECT n, numbered('e', n), 'RegistrationSubmitted', numbered('a', 1 + n % 1000),
       numbered('b', 1 + n % 100000), minute(n / 2)
FROM generate_series(1, 200000) AS n;

UPDATE event_head SET seq = 200000;
