-- series_forget: delete slices older than $1 seconds, $2 at most.
DELETE FROM series WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM series WHERE at < (SELECT clock_timestamp()) - make_interval(secs => $1) LIMIT $2
))
