INSERT INTO chains (id, log, day) VALUES ('00000000-0000-0000-0000-000000000081', 'operations', '2026-11-21');
INSERT INTO seals (chain, log, day, after_position, to_position, count, digest, made_at, marks, purged_at) VALUES
    ('00000000-0000-0000-0000-000000000081', 'operations', '2026-11-21', 0, 1, 1, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        '2026-11-21T10:00:00.000000Z', {bytes}, '2027-11-21T10:00:00.000000Z');
