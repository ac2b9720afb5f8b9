-- inbox_forget: delete $3 messages at most that were received more than $1 seconds ago and are done, or more than $2
-- seconds ago, which is longer, and left.
DELETE FROM inbox WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM inbox
    WHERE received_at < (SELECT clock_timestamp()) - make_interval(secs => $1)
      AND (state = 'done'
           OR state = 'left' AND received_at < (SELECT clock_timestamp()) - make_interval(secs => $2))
    LIMIT $3
))
