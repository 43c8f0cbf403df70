-- 100,000 servers with two or three tools, resources and prompts each: those of the registrations
-- that were approved at any time, and the administrators' own. Few are of a tenant, in
-- maintenance or of a rare tag; every other one has a tool and a resource of its own.
SET session_replication_role = replica;

INSERT INTO servers
    (id, name, endpoint_url, description, created_at, updated_at, registration_id, alias,
     manifest_state, manifest_digest, health_status, tenant_id, tags, search_key)
SELECT numbered('c', n), 'Server ' || n, 'https://s' || n || '.example.com/mcp/',
       'What server ' || n || ' is good for', minute(n + 60), minute(n + 60),
       CASE WHEN n > 99900 OR n <= 99000 AND n % 5 > 0 THEN numbered('b', n) END, 'server-' || n,
       CASE WHEN n % 1000 = 7 THEN 'awaited' ELSE 'reviewed' END,
       CASE WHEN n % 1000 <> 7 THEN digest(n) END,
       CASE WHEN n % 1000 = 501 THEN 'maintenance' ELSE 'healthy' END::server_status_enum,
       CASE WHEN n % 1000 = 500 THEN 'contoso' END,
       CASE WHEN n % 10000 = 502 THEN ARRAY['prod', 'rare'] ELSE ARRAY['prod'] END,
       'server ' || n || E'\nserver-' || n || E'\nwhat server ' || n || ' is good for'
FROM generate_series(1, 100000) AS n;

INSERT INTO server_tools (server_id, name, full_name, description, position, digest, raw)
SELECT numbered('c', n), 'tool_' || x, 'tool_' || x, 'Does ' || x, m, digest(m),
       convert_to('{"name":"tool_' || x || '"}', 'UTF8')
FROM generate_series(1, 100000) AS n, generate_series(1, 2 + n % 2) AS m,
     LATERAL (SELECT CASE WHEN m = 3 AND n > 2 THEN n ELSE m END AS x) AS named
WHERE n % 1000 <> 7;

INSERT INTO server_resources
    (server_id, uri_template, kind, name, mime_type, position, digest, raw)
SELECT numbered('c', n), 'file:///' || x, 'resource', 'File ' || x, 'text/plain', 3 + m, digest(m),
       convert_to('{"uri":"file:///' || x || '"}', 'UTF8')
FROM generate_series(1, 100000) AS n, generate_series(1, 2 + n % 2) AS m,
     LATERAL (SELECT CASE WHEN m = 3 AND n > 2 THEN n ELSE m END AS x) AS named
WHERE n % 1000 <> 7;

INSERT INTO server_prompts (server_id, name, full_name, position, digest, raw)
SELECT numbered('c', n), 'prompt_' || m, 'prompt_' || m, 6 + m, digest(m),
       convert_to('{"name":"prompt_' || m || '"}', 'UTF8')
FROM generate_series(1, 100000) AS n, generate_series(1, 2 + n % 2) AS m
WHERE n % 1000 <> 7;

-- Of one server 100,000 people granted their use.
INSERT INTO server_credentials
    (server_id, kind, header_name, origin, sealed, set_at, revision)
VALUES (numbered('c', 98765), 'user_grant', 'authorization', 'https://s98765.example.com', '',
        minute(1), 1);

INSERT INTO user_grants (server_id, subject, sealed, granted_at, revision)
SELECT numbered('c', 98765), 'oid-' || n, '', minute(n), 1 FROM generate_series(1, 100000) AS n;
