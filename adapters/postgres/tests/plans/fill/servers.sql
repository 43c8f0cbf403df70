-- 100,000 servers with two or three tools, resources and prompts each: those of the registrations
-- that were approved at any time, and the administrators' own.
SET session_replication_role = replica;

INSERT INTO servers
    (id, name, endpoint_url, description, created_at, updated_at, registration_id, alias,
     manifest_state, manifest_digest)
SELECT numbered('c', n), 'Server ' || n, 'https://s' || n || '.example.com/mcp/',
       'What server ' || n || ' is good for', minute(n + 60), minute(n + 60),
       CASE WHEN n > 99900 OR n <= 99000 AND n % 5 > 0 THEN numbered('b', n) END, 'server-' || n,
       CASE WHEN n % 1000 = 7 THEN 'awaited' ELSE 'reviewed' END,
       CASE WHEN n % 1000 <> 7 THEN digest(n) END
FROM generate_series(1, 100000) AS n;

INSERT INTO server_tools (server_id, name, full_name, description, position, digest, raw)
SELECT numbered('c', n), 'tool_' || m, 'tool_' || m, 'Does ' || m, m, digest(m),
       convert_to('{"name":"tool_' || m || '"}', 'UTF8')
FROM generate_series(1, 100000) AS n, generate_series(1, 2 + n % 2) AS m
WHERE n % 1000 <> 7;

INSERT INTO server_resources
    (server_id, uri_template, kind, name, mime_type, position, digest, raw)
SELECT numbered('c', n), 'file:///' || m, 'resource', 'File ' || m, 'text/plain', 3 + m, digest(m),
       convert_to('{"uri":"file:///' || m || '"}', 'UTF8')
FROM generate_series(1, 100000) AS n, generate_series(1, 2 + n % 2) AS m
WHERE n % 1000 <> 7;

INSERT INTO server_prompts (server_id, name, full_name, position, digest, raw)
SELECT numbered('c', n), 'prompt_' || m, 'prompt_' || m, 6 + m, digest(m),
       convert_to('{"name":"prompt_' || m || '"}', 'UTF8')
FROM generate_series(1, 100000) AS n, generate_series(1, 2 + n % 2) AS m
WHERE n % 1000 <> 7;
