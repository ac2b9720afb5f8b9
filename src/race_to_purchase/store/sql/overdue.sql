-- overdue: live checkouts whose deadline has passed, after a watermark, the oldest first. Rows that another process is
-- just ending are skipped; the lock itself ends with this statement, since the committer decides again anyway.
SELECT id::text AS id, drop_id, claims::text AS claims, deadline FROM checkout
WHERE deadline >= $1 AND deadline <= clock_timestamp() AND state IN ('open', 'reserved', 'paying')
ORDER BY deadline LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
