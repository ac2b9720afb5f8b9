-- read_refund: what was paid back under a key, and how many seconds ago.
SELECT ref, amount, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age_s
FROM sandbox.refund WHERE key = $1
