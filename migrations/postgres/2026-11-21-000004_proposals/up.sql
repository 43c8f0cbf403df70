-- What was approved, while something newer is proposed: its content and decision as JSON, members
-- named like the columns.
ALTER TABLE registrations ADD COLUMN standing JSONB;
