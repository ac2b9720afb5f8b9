-- console_by_buyer: the latest $3 checkouts of a buyer that were begun since $2. Found by the age of blocks of the table:
-- no index of buyers is on the way of a purchase.
SELECT id::text AS id, drop_id, buyer, state, created_at, quote
FROM checkout WHERE created_at >= $2 AND buyer = $1 ORDER BY created_at DESC LIMIT $3
