-- gateways_owed: the gateways at which payments or refunds have been begun and not finished.
SELECT a.gateway
FROM task AS t
JOIN attempt AS a ON a.checkout_id = t.checkout_id AND a.n = t.n
WHERE t.kind NOT IN ('deliver', 'refund')
UNION
SELECT r.gateway
FROM task AS t
JOIN refund AS r ON r.order_id = t.checkout_id AND r.n = t.n
WHERE t.kind = 'refund'
ORDER BY gateway
