-- doomed_committed: orders by an attempt that may never become one.
SELECT o.id::text, format('attempt %s is %s', a.n, a.state), 1
FROM orders AS o
JOIN attempt AS a ON a.checkout_id = o.id AND a.n = o.attempt_n
WHERE o.id > $1::uuid AND o.id <= $2::uuid AND a.state IN ('declined', 'doomed', 'voided')
