-- claims_recent: what all other checkouts hold and have bought, those with a deadline from $1 on, beside what the pools
-- say at that same moment: of part $3 of $2 every shared pool that checkouts claim of, and of the buyers' pools those
-- that appear here. $4 are the states that hold, $5 those that have bought.
WITH recent AS (
    SELECT claim.pool COLLATE "C" AS pool,
           coalesce(sum(claim.quantity) FILTER (WHERE c.state = ANY ($4::text[])), 0)::bigint AS held,
           coalesce(sum(claim.quantity) FILTER (WHERE c.state = ANY ($5::text[])), 0)::bigint AS sold
    FROM checkout AS c,
    LATERAL (
        SELECT key AS pool, value::bigint AS quantity FROM jsonb_each_text(c.claims -> 'hold')
        UNION ALL
        SELECT key, value::bigint FROM jsonb_each_text(c.claims -> 'commit') WHERE c.state = ANY ($5::text[])
    ) AS claim
    WHERE c.deadline >= $1::timestamptz AND c.state = ANY ($4::text[] || $5::text[])
      AND (hashtext(claim.pool COLLATE "C") & 2147483647) % $2::integer = $3::integer
    GROUP BY 1
)
SELECT coalesce(p.id, r.pool) AS id, coalesce(p.kind, 'missing') AS kind, coalesce(p.capacity, 0) AS capacity,
       coalesce(p.held, 0) AS pool_held, coalesce(p.sold, 0) AS pool_sold,
       coalesce(r.held, 0) AS held, coalesce(r.sold, 0) AS sold
FROM (
    SELECT * FROM pool WHERE (hashtext(id) & 2147483647) % $2::integer = $3::integer
) AS p FULL JOIN recent AS r ON r.pool = p.id
WHERE p.kind IS NULL OR p.kind NOT IN ('buyer', 'passes', 'ticket', 'reserved') OR r.pool IS NOT NULL
