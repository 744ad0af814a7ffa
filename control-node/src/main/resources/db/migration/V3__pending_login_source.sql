-- Whose login it is, so that a flood of one source takes the places of that source only.
ALTER TABLE pending_logins ADD COLUMN source text NOT NULL DEFAULT '';
CREATE INDEX pending_logins_source ON pending_logins (source, expires);
