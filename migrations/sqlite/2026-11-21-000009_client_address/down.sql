ALTER TABLE fastmcp_audit_log DROP COLUMN client_ip;
