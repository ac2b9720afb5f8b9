-- paid_checkout_without_order: checkouts that are paid and have no order.
SELECT c.id::text, format('checkout is %s', c.state), 1
FROM checkout AS c
LEFT JOIN orders AS o ON o.id = c.id
WHERE c.id > $1::uuid AND c.id <= $2::uuid AND c.state IN ('paid', 'fulfilled', 'refunded', 'returned') AND o.id IS NULL
