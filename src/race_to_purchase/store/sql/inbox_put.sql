-- inbox_put: note what became of messages; what has ended stays as it is, and keeps no body. The last condition is said
-- so that the planner does not see the partial index in it, and goes by the ids.
UPDATE inbox AS i
SET state = w.state,
    outcome = w.outcome,
    tries = i.tries + CASE WHEN w.state IN ('done', 'left') THEN 0 ELSE 1 END,
    due_at = CASE w.state
        WHEN 'left' THEN 'infinity'
        WHEN 'done' THEN i.due_at
        ELSE clock_timestamp() + make_interval(secs => w.again_s)
    END,
    body = CASE WHEN w.state IN ('done', 'left') THEN ''::bytea ELSE i.body END
FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[]) AS w (id, state, outcome, again_s)
WHERE i.id = w.id AND (i.state IN ('done', 'left')) IS FALSE
