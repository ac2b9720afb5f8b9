-- pool_bounds: pools outside 0 <= held, 0 <= sold, held + sold <= capacity.
SELECT id, format('held %s, sold %s, capacity %s', held, sold, capacity),
       greatest(-held, -sold, held + sold - capacity)
FROM pool
WHERE id > $1::text AND id <= $2::text AND NOT (held >= 0 AND sold >= 0 AND held + sold <= capacity)
