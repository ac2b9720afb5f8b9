-- Authorizations that lapse, disputes whose time is up.
CREATE INDEX IF NOT EXISTS account_due ON account (due_at) WHERE due_at IS NOT NULL
