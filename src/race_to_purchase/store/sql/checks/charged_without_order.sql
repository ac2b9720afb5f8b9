-- charged_without_order: payments that the gateway captured and has not paid back, for which no order stands.
SELECT p.reference, format('payment %s', p.ref), p.captured - p.refunded
FROM sandbox.payment AS p
CROSS JOIN LATERAL (
    -- The reference of a payment is the checkout and the number of the attempt; what is not is nobody's.
    SELECT CASE WHEN p.reference ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9]{1,9}$'
                THEN split_part(p.reference, '/', 1)::uuid END AS checkout_id,
           CASE WHEN p.reference ~ '/[0-9]{1,9}$' THEN split_part(p.reference, '/', 2)::integer END AS n
) AS r
LEFT JOIN orders AS o ON o.id = r.checkout_id AND o.gateway_ref = p.ref
LEFT JOIN attempt AS a ON a.checkout_id = o.id AND a.n = o.attempt_n
WHERE p.ref > $1::text AND p.ref <= $2::text AND p.captured > p.refunded
  AND (o.id IS NULL OR a.state = 'capture_failed')
