-- More collections than there may be, so that looking through all of them would show.
INSERT INTO collections (id, tenant_id, slug, name, members, made_by, created_at, updated_at, revision)
SELECT ('c0000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid,
       'contoso', 'collection-' || number, 'Collection ' || number, '[]',
       '00000000-0000-4000-8000-000000000001', now(), now(), 1
FROM generate_series(1, 20000) AS number;
