-- range_idempotency: the last of the next $2 idempotency keys after $1, so that checks can read them range by range.
SELECT scope FROM (SELECT scope FROM idempotency WHERE scope > $1::text ORDER BY scope LIMIT $2) AS next
ORDER BY scope DESC LIMIT 1
