-- report_findings: what reconciliation found in drop $1, the oldest first; $2 at most.
SELECT kind, subject, state, repair, how, first_seen, ended_at FROM finding
WHERE drop_id = $1::text ORDER BY first_seen, id LIMIT $2
