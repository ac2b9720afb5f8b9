-- captured_amount_differs: captures for which the gateway took another amount or currency than was agreed.
SELECT format('%s/%s', a.checkout_id, a.n),
       format('%s %s instead of %s %s', p.captured, p.currency, a.amount, a.currency), abs(p.captured - a.amount)
FROM attempt AS a
JOIN sandbox.payment AS p ON p.ref = a.gateway_ref
WHERE a.checkout_id > $1::uuid AND a.checkout_id <= $2::uuid AND starts_with(a.gateway_ref, 'sbx') AND a.state = 'captured'
  AND p.state = 'captured' AND (p.captured, p.currency) <> (a.amount, a.currency)
