-- range_journal: the last of the next $2 journal entries after $1, so that checks can read them range by range.
SELECT order_id::text FROM (SELECT order_id FROM journal WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2) AS next
ORDER BY order_id DESC LIMIT 1
