-- take_tasks: lease due tasks by moving their due time ahead; two processes never take the same one.
-- The clock is asked in a query of its own, since a condition on a volatile function cannot use an index.
WITH due AS (
    SELECT id FROM task WHERE due_at <= (SELECT clock_timestamp()) AND kind = ANY ($1::text[])
    ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE task AS t SET due_at = clock_timestamp() + make_interval(secs => $3)
FROM due WHERE t.id = due.id
RETURNING t.id, t.kind, t.drop_id, t.checkout_id::text AS checkout_id, t.n, t.due_at, t.tries
