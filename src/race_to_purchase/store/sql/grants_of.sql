-- grants_of: the grants of the drop $1 by their id, those after $2.
SELECT drop_id, id, tid, lane, valid_from, valid_until, issued_by, issued_at, used_at, revoked_at, version
FROM line_grant WHERE drop_id = $1::text AND id > $2::text ORDER BY id LIMIT $3::integer
