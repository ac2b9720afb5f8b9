-- report_events: what happened to drop $1, and to gateways at $2 <= at <= $3, the oldest first; $4 at most.
SELECT at, stream, kind, data::text AS data FROM event
WHERE stream = $1::text OR (stream LIKE 'gateway/%' AND at >= $2 AND at <= $3)
ORDER BY seq LIMIT $4
