-- refund_without_task: refunds that have not ended and that nobody will ever ask about again.
SELECT format('%s/%s', r.order_id, r.n), format('refund is %s', r.state), r.amount
FROM refund AS r
LEFT JOIN task AS t ON t.id = format('%s/%s/refund', r.order_id, r.n)
WHERE r.order_id > $1::uuid AND r.order_id <= $2::uuid AND r.state IN ('requested', 'sent', 'unknown') AND t.id IS NULL
