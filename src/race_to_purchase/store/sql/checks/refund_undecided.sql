-- refund_undecided: refunds that were asked for $3 seconds ago and of which nobody knows whether the gateway has them.
SELECT format('%s/%s', order_id, n), format('%s since %s', state, asked_at), amount
FROM refund
WHERE order_id > $1::uuid AND order_id <= $2::uuid AND state IN ('requested', 'unknown')
  AND asked_at < clock_timestamp() - make_interval(secs => $3)
