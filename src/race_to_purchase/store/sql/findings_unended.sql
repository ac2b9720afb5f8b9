-- findings_unended: findings after $1 that are open or being repaired, $2 at most, by id; state $3 alone unless empty.
SELECT id, kind, subject, drop_id, state, repair, detail::text AS detail, first_seen, last_seen, seen, how, ended_at,
       version
FROM finding WHERE id > $1::text AND ended_at IS NULL AND ($3::text = '' OR state = $3::text) ORDER BY id LIMIT $2
