-- range_task: the last of the next $2 tasks after $1, so that checks can read them range by range.
SELECT id FROM (SELECT id FROM task WHERE id > $1::text ORDER BY id LIMIT $2) AS next
ORDER BY id DESC LIMIT 1
