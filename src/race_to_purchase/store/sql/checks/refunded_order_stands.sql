-- refunded_order_stands: orders of which everything was paid back, and that still stand as if they were paid.
SELECT g.order_id::text, format('checkout is %s', c.state), g.refunded
FROM refundable AS g
JOIN checkout AS c ON c.id = g.order_id
WHERE g.order_id > $1::uuid AND g.order_id <= $2::uuid AND g.captured > 0 AND g.refunded = g.captured
  AND c.state NOT IN ('refunded', 'returned')
