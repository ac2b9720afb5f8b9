-- read_refund: what was paid back under a key.
SELECT ref, amount FROM sandbox.refund WHERE key = $1
