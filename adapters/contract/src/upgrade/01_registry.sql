INSERT INTO users (user_id, entra_id, email, display_name, is_admin) VALUES
    ('00000000-0000-0000-0000-000000000001', 'oid-ada', 'ada@example.com', 'Ada', TRUE),
    ('00000000-0000-0000-0000-000000000002', 'oid-sam', 'sam@example.com', NULL, FALSE);
INSERT INTO registrations (registration_id, endpoint_url, endpoint_name, description, owner_contact,
    available_tools, status, submitter_id, approver_id, submitted_at, approved_at) VALUES
    ('00000000-0000-0000-0000-000000000011', 'https://a.example.com/mcp', 'First', 'é', 'Team',
        '[{"name": "read"}]', 'Pending', '00000000-0000-0000-0000-000000000002', NULL, '2026-11-21T10:00:00.000001Z', NULL),
    ('00000000-0000-0000-0000-000000000012', 'https://b.example.com/mcp', 'Second', NULL, 'Team',
        '[]', 'Approved', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', '2026-11-21T10:00:00.000002Z', '2026-11-21T11:00:00.000000Z'),
    ('00000000-0000-0000-0000-000000000013', 'https://c.example.com/mcp', 'Third', NULL, 'Team',
        '[]', 'Rejected', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', '2026-11-21T10:00:00.000003Z', '2026-11-21T11:00:00.000000Z');
INSERT INTO audit_log (log_id, registration_id, user_id, action, previous_status, new_status, metadata) VALUES
    ('00000000-0000-0000-0000-000000000021', '00000000-0000-0000-0000-000000000011', '00000000-0000-0000-0000-000000000002', 'Created', NULL, 'Pending', '{"b": 1.0, "a": null}'),
    ('00000000-0000-0000-0000-000000000022', '00000000-0000-0000-0000-000000000012', '00000000-0000-0000-0000-000000000001', 'Approved', 'Pending', 'Approved', '{}'),
    ('00000000-0000-0000-0000-000000000023', '00000000-0000-0000-0000-000000000013', '00000000-0000-0000-0000-000000000001', 'Rejected', 'Pending', 'Rejected', '{}'),
    ('00000000-0000-0000-0000-000000000024', '00000000-0000-0000-0000-000000000099', '00000000-0000-0000-0000-000000000001', 'Deleted', 'Pending', NULL, '{}');
