-- Where a call came from that nobody signed in for.
ALTER TABLE fastmcp_audit_log ADD COLUMN client_ip TEXT;
