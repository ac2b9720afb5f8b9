-- range_pool: the last of the next $2 pools after $1, so that checks can read them range by range.
SELECT id FROM (SELECT id FROM pool WHERE id > $1::text ORDER BY id LIMIT $2) AS next
ORDER BY id DESC LIMIT 1
