-- captured_without_order: attempts that took money, or will, and have no order.
SELECT format('%s/%s', a.checkout_id, a.n), format('attempt is %s', a.state), a.amount
FROM attempt AS a
LEFT JOIN orders AS o ON o.id = a.checkout_id AND o.attempt_n = a.n
WHERE a.checkout_id > $1::uuid AND a.checkout_id <= $2::uuid AND a.state IN ('committed', 'captured') AND o.id IS NULL
