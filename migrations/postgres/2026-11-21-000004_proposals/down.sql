DROP INDEX idx_registrations_standing_url_key;
ALTER TABLE registrations DROP COLUMN author_id;
ALTER TABLE registrations DROP COLUMN standing_url_key;
ALTER TABLE registrations DROP COLUMN standing;
