-- read_payments: what the books say of some payments.
SELECT ref, reference, amount, currency, method, state, decline_code, captured, refunded, capture_key
FROM sandbox.payment
WHERE ref = ANY ($1::text[])
