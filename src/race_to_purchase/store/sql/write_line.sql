-- write_line: new and changed lines, passes and grants, as JSON in pairs, and in $7 passes to delete. What is changed or
-- deleted must have the version that was decided on; if it has not, or what is new exists, the batch runs again.
WITH line_update AS (
    UPDATE drop_line AS t
    SET closed_at = u.closed_at, registered = u.registered, root = u.root, beacon = u.beacon, secret = u.secret,
        seed = u.seed, drawn_at = u.drawn_at, cursor = u.cursor, calls = u.calls, came = u.came,
        came_delay_s = u.came_delay_s, lapsed = u.lapsed, control = u.control, decided_at = u.decided_at,
        bound = u.bound, leader = u.leader, lease_until = u.lease_until, load = u.load, rate_per_s = u.rate_per_s,
        paused_at = u.paused_at, message = u.message, version = t.version + 1
    FROM jsonb_populate_recordset(NULL::drop_line, $2::jsonb) AS u
    WHERE t.drop_id = u.drop_id AND t.version = u.version
    RETURNING 1
), pass_update AS (
    UPDATE pass AS t
    SET n = u.n, browser = u.browser, expires_at = u.expires_at, version = t.version + 1
    FROM jsonb_populate_recordset(NULL::pass, $4::jsonb) AS u
    WHERE t.drop_id = u.drop_id AND t.tid = u.tid AND t.version = u.version
    RETURNING 1
), grant_update AS (
    UPDATE line_grant AS t
    SET used_at = u.used_at, revoked_at = u.revoked_at, version = t.version + 1
    FROM jsonb_populate_recordset(NULL::line_grant, $6::jsonb) AS u
    WHERE t.drop_id = u.drop_id AND t.id = u.id AND t.version = u.version
    RETURNING 1
), pass_delete AS (
    DELETE FROM pass AS t
    USING jsonb_populate_recordset(NULL::pass, $7::jsonb) AS u
    WHERE t.drop_id = u.drop_id AND t.tid = u.tid AND t.version = u.version
    RETURNING 1
), line_insert AS (
    INSERT INTO drop_line SELECT * FROM jsonb_populate_recordset(NULL::drop_line, $1::jsonb)
), pass_insert AS (
    INSERT INTO pass SELECT * FROM jsonb_populate_recordset(NULL::pass, $3::jsonb)
), grant_insert AS (
    INSERT INTO line_grant SELECT * FROM jsonb_populate_recordset(NULL::line_grant, $5::jsonb)
)
SELECT CASE
    WHEN (SELECT count(*) FROM line_update) <> jsonb_array_length($2::jsonb) THEN conflict('a line')
    WHEN (SELECT count(*) FROM pass_update) <> jsonb_array_length($4::jsonb) THEN conflict('a pass')
    WHEN (SELECT count(*) FROM grant_update) <> jsonb_array_length($6::jsonb) THEN conflict('a grant')
    WHEN (SELECT count(*) FROM pass_delete) <> jsonb_array_length($7::jsonb) THEN conflict('a pass that was to go')
END
