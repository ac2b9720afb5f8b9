-- 0014: whoever looks for a buyer's purchase looks through those of some hours, and not through all. A few bytes for every
-- thirty-two pages; the time never changes, so updates stay heap-only.
CREATE INDEX checkout_age ON checkout USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);
