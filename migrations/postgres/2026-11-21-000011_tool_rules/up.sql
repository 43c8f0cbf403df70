-- Who may use which of a server's tools.
ALTER TABLE servers ADD COLUMN tool_rules JSONB NOT NULL DEFAULT '[]';
