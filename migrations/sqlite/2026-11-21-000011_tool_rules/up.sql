-- Who may use which of a server's tools.
ALTER TABLE servers ADD COLUMN tool_rules TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(tool_rules));
