-- What was approved, while something newer is proposed: its content and decision as JSON, members
-- named like the columns.
ALTER TABLE registrations ADD COLUMN standing TEXT CHECK (json_valid(standing));
-- Its address, in one text for all spellings: it is served, so nobody else may register it.
ALTER TABLE registrations ADD COLUMN standing_url_key TEXT;
-- Who wrote the present content; null: the submitter.
ALTER TABLE registrations ADD COLUMN author_id TEXT
    REFERENCES users (user_id) ON DELETE RESTRICT;

CREATE INDEX idx_registrations_standing_url_key ON registrations (standing_url_key)
    WHERE standing_url_key IS NOT NULL;
