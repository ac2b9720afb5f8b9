-- given_back_too_much: orders of which refunds and lost disputes take more than was captured.
SELECT g.order_id::text, format('%s refunded, %s pending, %s lost of %s', g.refunded, g.pending, g.lost, a.amount),
       g.refunded + g.pending + g.lost - coalesce(a.amount, 0)
FROM refundable AS g
LEFT JOIN orders AS o ON o.id = g.order_id
LEFT JOIN attempt AS a ON a.checkout_id = o.id AND a.n = o.attempt_n AND a.state IN ('committed', 'captured')
WHERE g.order_id > $1::uuid AND g.order_id <= $2::uuid
  AND g.refunded + g.pending + g.lost > least(g.captured, coalesce(a.amount, 0))
