-- count_aftersale: orders since an id, and how many of them were disputed, refunded in whole or in part, or lost.
SELECT count(*) AS orders,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM dispute AS d WHERE d.order_id = o.id AND d.state IN ('open', 'won', 'lost')
       )) AS disputed,
       count(*) FILTER (WHERE g.refunded > 0) AS refunded,
       count(*) FILTER (WHERE g.lost > 0) AS lost
FROM orders AS o LEFT JOIN refundable AS g ON g.order_id = o.id
WHERE o.id >= $1::uuid
