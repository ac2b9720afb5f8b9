-- order_differs_from_attempt: orders whose amount, currency or payment is not that of the attempt that paid them.
SELECT o.id::text,
       format('%s %s %s instead of %s %s %s', o.amount, o.currency, o.gateway_ref, a.amount, a.currency, a.gateway_ref),
       abs(o.amount - a.amount)
FROM orders AS o
JOIN attempt AS a ON a.checkout_id = o.id AND a.n = o.attempt_n
WHERE o.id > $1::uuid AND o.id <= $2::uuid
  AND (o.amount, o.currency, o.gateway, o.gateway_ref) IS DISTINCT FROM (a.amount, a.currency, a.gateway, a.gateway_ref)
