-- console_by_id: checkouts by their ids, the newest first.
SELECT id::text AS id, drop_id, buyer, state, created_at, quote
FROM checkout WHERE id = ANY ($1::uuid[]) ORDER BY created_at DESC
