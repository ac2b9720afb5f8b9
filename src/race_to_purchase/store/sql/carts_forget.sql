-- carts_forget: delete $2 carts at most that have not changed for $1 seconds.
DELETE FROM cart WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM cart WHERE changed_at < (SELECT clock_timestamp()) - make_interval(secs => $1) LIMIT $2
))
