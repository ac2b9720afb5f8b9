-- forget_keys: delete idempotency keys older than $1 seconds, $2 at most.
DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency WHERE created_at < clock_timestamp() - make_interval(secs => $1) LIMIT $2
))
