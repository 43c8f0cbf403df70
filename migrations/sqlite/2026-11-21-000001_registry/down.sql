DROP TABLE audit_log;
DROP TABLE registrations;
DROP TABLE users;
