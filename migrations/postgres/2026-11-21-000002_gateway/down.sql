DROP TABLE fastmcp_audit_log;
DROP TABLE server_prompts;
DROP TABLE server_resources;
DROP TABLE server_tools;
DROP TABLE servers;
DROP FUNCTION name_digest;
DROP TYPE server_status_enum;
DROP TYPE transport_type_enum;
