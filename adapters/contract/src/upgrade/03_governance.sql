INSERT INTO candidate_manifests (registration_id, state, digest, definitions, for_revision, seen_at) VALUES
    ('00000000-0000-0000-0000-000000000011', 'complete', 'sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945', '[]', 1, '2026-11-21T10:00:00.000000Z');
INSERT INTO retired_aliases (tenant_id, alias, free_at) VALUES ('', 'old', '2027-01-01T00:00:00.000000Z');
INSERT INTO events (event_id, kind, actor, registration_id, new_status, metadata, at) VALUES
    ('00000000-0000-0000-0000-000000000021', 'RegistrationSubmitted', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000011', 'Pending', '{}', '2026-11-21T10:00:00.000001Z');
