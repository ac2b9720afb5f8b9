-- index_payment: the gateway's own list is read by time. It never changes, so updates stay heap-only.
CREATE INDEX IF NOT EXISTS payment_age ON sandbox.payment USING brin (created_at)
WITH (pages_per_range = 32, autosummarize = on)
