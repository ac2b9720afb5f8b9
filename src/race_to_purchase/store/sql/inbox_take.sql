-- inbox_take: lease $2 due messages of the gateway $1 for $3 seconds, with the state of the attempts that they name.
-- The clock is asked in a query of its own, since a condition on a volatile function cannot use an index.
WITH due AS (
    SELECT id FROM inbox WHERE due_at <= (SELECT clock_timestamp()) AND state <> 'done' AND gateway = $1
    ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE inbox AS i SET due_at = clock_timestamp() + make_interval(secs => $3)
FROM due WHERE i.id = due.id
RETURNING i.id, i.gateway, i.kind, i.ref, i.reference, i.created_at, i.data, i.tries, (
    SELECT a.state FROM attempt AS a
    WHERE a.checkout_id = split_part(i.reference, '/', 1)::uuid AND a.n = split_part(i.reference, '/', 2)::integer
      AND a.gateway = i.gateway
) AS attempt
