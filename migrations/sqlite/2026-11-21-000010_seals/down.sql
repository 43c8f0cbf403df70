ALTER TABLE audit_log DROP COLUMN chained;
DROP INDEX idx_fastmcp_audit_log_chain;
ALTER TABLE fastmcp_audit_log DROP COLUMN position;
ALTER TABLE fastmcp_audit_log DROP COLUMN chain;
DROP TABLE seals;
DROP TABLE chains;
