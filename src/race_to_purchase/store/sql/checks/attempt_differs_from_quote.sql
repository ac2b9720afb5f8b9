-- attempt_differs_from_quote: attempts for another amount or currency than the buyer was promised.
SELECT format('%s/%s', a.checkout_id, a.n),
       format('%s %s instead of %s %s', a.amount, a.currency, promised.total, promised.currency),
       abs(a.amount - promised.total)
FROM attempt AS a
JOIN checkout AS c ON c.id = a.checkout_id,
LATERAL (SELECT (c.quote::jsonb ->> 'total')::bigint AS total, c.quote::jsonb ->> 'currency' AS currency) AS promised
WHERE a.checkout_id > $1::uuid AND a.checkout_id <= $2::uuid
  AND (a.amount, a.currency) IS DISTINCT FROM (promised.total, promised.currency)
