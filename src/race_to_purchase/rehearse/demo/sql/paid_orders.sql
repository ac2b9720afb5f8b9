-- paid_orders: what every order that stands was paid by, and how much.
SELECT o.id::text || '/' || o.attempt_n AS reference, o.amount
FROM race.orders AS o
JOIN race.checkout AS c ON c.id = o.id
WHERE c.state IN ('paid', 'fulfilled', 'refunded')
