-- key_points_nowhere: idempotency keys that point to a payment attempt, or (below zero) to a refund, that does not exist.
SELECT format('%s %s', k.scope, k.key), format('attempt %s/%s', k.checkout_id, k.attempt_n), 1
FROM idempotency AS k
LEFT JOIN attempt AS a ON a.checkout_id = k.checkout_id AND a.n = k.attempt_n
LEFT JOIN refund AS r ON r.order_id = k.checkout_id AND r.n = -k.attempt_n
WHERE k.scope > $1::text AND k.scope <= $2::text AND k.checkout_id IS NOT NULL AND a.checkout_id IS NULL
  AND r.order_id IS NULL
