-- What was approved, while something newer is proposed: its content and decision as JSON, members
-- named like the columns.
ALTER TABLE registrations ADD COLUMN standing JSONB;
-- Its address, in one text for all spellings: it is served, so nobody else may register it.
ALTER TABLE registrations ADD COLUMN standing_url_key TEXT;
-- Who wrote the present content; null: the submitter.
ALTER TABLE registrations ADD COLUMN author_id UUID
    REFERENCES users (user_id) ON DELETE RESTRICT;

-- Whether an address is served by somebody's registration: each submission asks.
CREATE INDEX idx_registrations_standing_url_key ON registrations (standing_url_key)
    WHERE standing_url_key IS NOT NULL;
