-- report_range: the last of the next $2 checkouts after $1, of whatever drop, so that a sale is read range by range.
SELECT id::text FROM (SELECT id FROM checkout WHERE id > $1::uuid ORDER BY id LIMIT $2) AS next
ORDER BY id DESC LIMIT 1
