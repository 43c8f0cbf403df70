DROP TABLE audit_log;
DROP TABLE registrations;
DROP TABLE users;
DROP FUNCTION set_updated_at;
