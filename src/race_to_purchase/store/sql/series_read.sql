-- series_read: what was counted in drop $1 at $2 <= at < $3, the oldest first: $4 rows, and all of the last one's moment.
SELECT drop_id, at, source, counted
FROM series
WHERE drop_id = $1 AND at >= $2 AND at < $3
ORDER BY at
FETCH FIRST $4 ROWS WITH TIES
