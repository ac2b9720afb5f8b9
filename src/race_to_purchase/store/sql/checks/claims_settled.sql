-- claims_settled: what checkouts in a range, with a deadline before $3, hold and have bought, by pool. $6 are the states
-- that hold, $7 those that have bought. Only pools of part $5 of $4 are counted, so that millions of them fit into memory.
SELECT claim.pool, coalesce(sum(claim.quantity) FILTER (WHERE c.state = ANY ($6::text[])), 0)::bigint AS held,
       coalesce(sum(claim.quantity) FILTER (WHERE c.state = ANY ($7::text[])), 0)::bigint AS sold
FROM checkout AS c,
LATERAL (
    SELECT key AS pool, value::bigint AS quantity FROM jsonb_each_text(c.claims -> 'hold')
    UNION ALL
    SELECT key, value::bigint FROM jsonb_each_text(c.claims -> 'commit') WHERE c.state = ANY ($7::text[])
) AS claim
WHERE c.id > $1::uuid AND c.id <= $2::uuid AND c.deadline < $3::timestamptz
  AND c.state = ANY ($6::text[] || $7::text[])
  AND (hashtext(claim.pool COLLATE "C") & 2147483647) % $4::integer = $5::integer
GROUP BY claim.pool
