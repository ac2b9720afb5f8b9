-- console_by_key: what the latest $3 requests under an idempotency key came to, since $2; found by the age of blocks.
SELECT checkout_id::text AS checkout_id, answer FROM idempotency
WHERE created_at >= $2 AND key = $1 ORDER BY created_at DESC LIMIT $3
