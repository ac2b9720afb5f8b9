-- orders_without_capture: orders older than $3 seconds whose money has not arrived, those undone left out.
SELECT o.id::text, format('attempt %s is %s', o.attempt_n, coalesce(a.state, 'missing')), o.amount
FROM orders AS o
LEFT JOIN attempt AS a ON a.checkout_id = o.id AND a.n = o.attempt_n
WHERE o.id > $1::uuid AND o.id <= $2::uuid AND coalesce(a.state, 'missing') NOT IN ('captured', 'capture_failed')
  AND o.placed_at < clock_timestamp() - make_interval(secs => $3)
