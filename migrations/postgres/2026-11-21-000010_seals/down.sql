ALTER TABLE audit_log DROP COLUMN chained;
ALTER TABLE fastmcp_audit_log DROP COLUMN chain, DROP COLUMN position;
DROP TABLE seals;
DROP TABLE chains;
