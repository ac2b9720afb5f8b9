-- shared_pools: the pools of one drop that are not a buyer's or a ticket's. Their ids begin with the drop's; those are
-- excluded by range, so that a drop with a million buyers costs nothing here.
SELECT id, drop_id, kind, capacity, held, sold, version FROM pool
WHERE (id >= $1::text || '/in-flight/' AND id < $1::text || '/in-flight0')
   OR (id >= $1::text || '/item/' AND id < $1::text || '/item0')
   OR (id >= $1::text || '/promo/' AND id < $1::text || '/promo0')
   OR (id >= $1::text || '/line/' AND id < $1::text || '/line0')
ORDER BY id
