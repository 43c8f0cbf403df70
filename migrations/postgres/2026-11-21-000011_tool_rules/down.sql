ALTER TABLE servers DROP COLUMN tool_rules;
