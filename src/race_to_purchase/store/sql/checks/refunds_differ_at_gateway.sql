-- refunds_differ_at_gateway: orders of which the gateway has paid back less than we say, or more than we asked it to.
SELECT o.id::text,
       format('%s paid back, we say %s and %s pending', p.refunded, coalesce(g.refunded, 0), coalesce(g.pending, 0)),
       abs(p.refunded - coalesce(g.refunded, 0))
FROM orders AS o
JOIN sandbox.payment AS p ON p.ref = o.gateway_ref
LEFT JOIN refundable AS g ON g.order_id = o.id
LEFT JOIN checkout AS c ON c.id = o.id
WHERE o.id > $1::uuid AND o.id <= $2::uuid AND o.gateway = 'sandbox' AND c.state IS DISTINCT FROM 'cancelled'
  AND p.refunded NOT BETWEEN coalesce(g.refunded, 0) AND coalesce(g.refunded, 0) + coalesce(g.pending, 0)
