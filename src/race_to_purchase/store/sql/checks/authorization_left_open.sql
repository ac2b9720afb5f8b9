-- authorization_left_open: payments that the gateway still holds authorized though no attempt of ours will use or void
-- them.
SELECT p.reference, format('payment %s, attempt is %s', p.ref, coalesce(a.state, 'missing')), p.amount
FROM sandbox.payment AS p
CROSS JOIN LATERAL (
    -- The reference of a payment is the checkout and the number of the attempt; what is not is nobody's.
    SELECT CASE WHEN p.reference ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9]{1,9}$'
                THEN split_part(p.reference, '/', 1)::uuid END AS checkout_id,
           CASE WHEN p.reference ~ '/[0-9]{1,9}$' THEN split_part(p.reference, '/', 2)::integer END AS n
) AS r
LEFT JOIN attempt AS a ON a.checkout_id = r.checkout_id AND a.n = r.n AND right(p.ref, length(a.key)) = a.key
WHERE p.ref > $1::text AND p.ref <= $2::text AND p.state = 'authorized'
  AND coalesce(a.state, 'missing') IN ('missing', 'declined', 'capture_failed', 'voided')
