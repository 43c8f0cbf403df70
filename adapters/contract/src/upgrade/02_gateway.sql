INSERT INTO servers (id, name, endpoint_url, description, tenant_id, registration_id) VALUES
    ('00000000-0000-0000-0000-000000000031', 'Second', 'https://b.example.com/mcp', NULL, NULL, '00000000-0000-0000-0000-000000000012'),
    ('00000000-0000-0000-0000-000000000032', 'By hand', 'https://d.example.com/mcp', 'é', 'contoso', NULL);
INSERT INTO server_tools (id, server_id, name, full_name, position, digest, raw) VALUES
    ('00000000-0000-0000-0000-000000000041', '00000000-0000-0000-0000-000000000031', 'read', 'read', 0, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', {bytes});
INSERT INTO server_resources (id, server_id, uri_template, kind, position, digest, raw) VALUES
    ('00000000-0000-0000-0000-000000000042', '00000000-0000-0000-0000-000000000031', 'file:///a', 'resource', 0, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', {bytes});
INSERT INTO server_prompts (id, server_id, name, full_name, position, digest, raw) VALUES
    ('00000000-0000-0000-0000-000000000043', '00000000-0000-0000-0000-000000000031', 'greet', 'greet', 0, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', {bytes});
INSERT INTO fastmcp_audit_log (id, user_id, method, tool_name, params, success, duration_ms) VALUES
    ('00000000-0000-0000-0000-000000000051', 'oid-sam', 'tools/call', 'read', '{"a": 1}', TRUE, 7);
