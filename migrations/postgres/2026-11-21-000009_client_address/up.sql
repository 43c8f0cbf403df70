-- Where a call came from that nobody signed in for: 45 characters hold any address.
ALTER TABLE fastmcp_audit_log ADD COLUMN client_ip VARCHAR(45);
