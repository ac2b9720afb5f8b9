-- Audits read the books by the shop's reference.
CREATE INDEX IF NOT EXISTS account_reference ON account (reference)
