-- pool_difference: how much more than the pool $1 says is held and sold of it, by the checkouts of the same moment. $2
-- are the states that hold, $3 those that have bought.
SELECT (counted.held - p.held)::bigint AS held, (counted.sold - p.sold)::bigint AS sold
FROM pool AS p,
LATERAL (
    SELECT coalesce(sum((c.claims -> 'hold' ->> p.id)::bigint) FILTER (WHERE c.state = ANY ($2::text[])), 0) AS held,
           coalesce(sum(coalesce((c.claims -> 'hold' ->> p.id)::bigint, 0)
                      + coalesce((c.claims -> 'commit' ->> p.id)::bigint, 0))
                    FILTER (WHERE c.state = ANY ($3::text[])), 0) AS sold
    FROM checkout AS c WHERE c.drop_id = p.drop_id AND c.state = ANY ($2::text[] || $3::text[])
) AS counted
WHERE p.id = $1::text
