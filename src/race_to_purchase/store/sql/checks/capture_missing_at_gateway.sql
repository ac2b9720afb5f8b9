-- capture_missing_at_gateway: attempts that we hold for captured and the gateway does not.
SELECT format('%s/%s', a.checkout_id, a.n),
       format('payment %s is %s', a.gateway_ref, coalesce(p.state, 'missing')), a.amount
FROM attempt AS a
LEFT JOIN sandbox.payment AS p ON p.ref = a.gateway_ref
WHERE a.checkout_id > $1::uuid AND a.checkout_id <= $2::uuid AND starts_with(a.gateway_ref, 'sbx') AND a.state = 'captured'
  AND p.state IS DISTINCT FROM 'captured'
