-- overdue: live checkouts of a window of deadlines, the oldest first. Rows that another process is just ending are
-- skipped; the lock itself ends with this statement, since the committer decides again anyway.
SELECT id::text AS id, drop_id, claims::text AS claims, deadline FROM checkout
WHERE deadline >= $1 AND deadline <= $2 AND state IN ('open', 'reserved', 'paying')
ORDER BY deadline LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
