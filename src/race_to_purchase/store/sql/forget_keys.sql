-- forget_keys: delete idempotency keys older than $1 seconds, $2 at most. The clock is asked in a query of its own,
-- since a condition on a volatile function cannot use an index.
DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency WHERE created_at < (SELECT clock_timestamp()) - make_interval(secs => $1) LIMIT $2
))
