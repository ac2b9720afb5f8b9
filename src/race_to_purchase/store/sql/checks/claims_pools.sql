-- claims_pools: what the buyers' pools of a range say, those of part $4 of $3.
SELECT id, kind, capacity, held, sold FROM pool
WHERE id > $1::text AND id <= $2::text AND kind = 'buyer' AND (hashtext(id) & 2147483647) % $3::integer = $4::integer
