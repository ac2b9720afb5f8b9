-- registrations: the list of a drop in its rows, those after the part $2.
SELECT part, tids FROM registration WHERE drop_id = $1::text AND part > $2::bigint ORDER BY part LIMIT $3::integer
