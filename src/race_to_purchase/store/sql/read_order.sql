-- read_order: one order.
SELECT id::text AS id, drop_id, buyer, amount, currency, gateway, gateway_ref, attempt_n, placed_at
FROM orders WHERE id = $1::uuid
