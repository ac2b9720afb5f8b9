-- report_series_next: when something was counted next in a drop, in a span of time.
SELECT min(at)
FROM series
WHERE drop_id = $1 AND at >= $2 AND at < $3
