-- report_aftersale: refunds and disputes of the orders of drop $3 after $1 and up to $2, by their state.
SELECT 'refund' AS what, r.state, r.currency, count(*) AS number, sum(r.amount)::bigint AS amount
FROM refund AS r JOIN orders AS o ON o.id = r.order_id
WHERE r.order_id > $1::uuid AND r.order_id <= $2::uuid AND o.drop_id = $3::text GROUP BY r.state, r.currency
UNION ALL
SELECT 'dispute', d.state, d.currency, count(*), sum(d.amount)::bigint
FROM dispute AS d JOIN orders AS o ON o.id = d.order_id
WHERE d.order_id > $1::uuid AND d.order_id <= $2::uuid AND o.drop_id = $3::text GROUP BY d.state, d.currency
