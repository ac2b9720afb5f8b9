-- paid_by_another: orders that name a payment which was made for another checkout or attempt.
SELECT o.id::text, format('payment %s was made for %s', p.ref, p.reference), o.amount
FROM orders AS o
JOIN sandbox.payment AS p ON p.ref = o.gateway_ref
WHERE o.id > $1::uuid AND o.id <= $2::uuid
  AND p.reference <> format('%s/%s', o.id, o.attempt_n)
