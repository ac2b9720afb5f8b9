-- range_attempt: the last of the next $2 attempts after $1, so that checks can read them range by range.
SELECT checkout_id::text FROM (SELECT checkout_id FROM attempt WHERE checkout_id > $1::uuid ORDER BY checkout_id LIMIT $2) AS next
ORDER BY checkout_id DESC LIMIT 1
