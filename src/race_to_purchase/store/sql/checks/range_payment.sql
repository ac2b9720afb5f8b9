-- range_payment: the last of the next $2 payments after $1, so that checks can read them range by range.
SELECT ref FROM (SELECT ref FROM sandbox.payment WHERE ref > $1::text ORDER BY ref LIMIT $2) AS next
ORDER BY ref DESC LIMIT 1
