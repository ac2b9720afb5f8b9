-- series_read: what was counted in a drop in a span of time, the oldest first.
SELECT drop_id, at, source, counted
FROM series
WHERE drop_id = $1 AND at >= $2 AND at < $3
ORDER BY at
