ALTER TABLE registrations DROP COLUMN standing;
