-- read_refunds: every refund of some orders, in the order in which they were asked for.
SELECT order_id::text AS order_id, n, id::text AS id, state, amount, currency, gateway, payment_ref, reason, restock,
       asked_by, asked_at, gateway_ref, failure, ended_at, answer, version
FROM refund WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id, n
