-- list_payments: the payments made in a stretch of time, page by page.
SELECT ref, reference, state, amount, currency, captured, refunded, created_at
FROM sandbox.payment
WHERE created_at >= $1 AND created_at >= $3 AND created_at < $2 AND (created_at, ref) > ($3, $4::text)
  AND starts_with(ref, $6::text)
ORDER BY created_at, ref
LIMIT $5
