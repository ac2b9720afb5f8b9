-- balance_differs: running totals that are not the sum of the totals of all sealed blocks.
SELECT format('%s %s', account, currency),
       format('debit %s, credit %s instead of %s, %s', coalesce(b.debit, 0), coalesce(b.credit, 0),
              coalesce(s.debit, 0), coalesce(s.credit, 0)),
       least(abs(coalesce(b.debit, 0) - coalesce(s.debit, 0)) + abs(coalesce(b.credit, 0) - coalesce(s.credit, 0)),
             9223372036854775807)::bigint
FROM balance AS b FULL JOIN (
    SELECT total ->> 0 AS currency, (total ->> 1) COLLATE "C" AS account, sum((total ->> 2)::numeric) AS debit,
           sum((total ->> 3)::numeric) AS credit
    FROM seal, jsonb_array_elements(totals) AS total GROUP BY 1, 2
) AS s USING (account, currency)
WHERE (b.debit, b.credit) IS DISTINCT FROM (s.debit, s.credit)
