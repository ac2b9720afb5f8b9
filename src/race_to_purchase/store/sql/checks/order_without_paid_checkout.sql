-- order_without_paid_checkout: orders whose checkout is not paid, unless their capture failed and they were undone.
SELECT o.id::text, format('checkout is %s', coalesce(c.state, 'missing')), 1
FROM orders AS o
LEFT JOIN checkout AS c ON c.id = o.id
LEFT JOIN attempt AS a ON a.checkout_id = o.id AND a.n = o.attempt_n
WHERE o.id > $1::uuid AND o.id <= $2::uuid
  AND coalesce(c.state, 'missing') NOT IN ('paid', 'fulfilled', 'refunded', 'returned')
  AND (coalesce(c.state, 'missing'), coalesce(a.state, 'missing')) <> ('cancelled', 'capture_failed')
