-- read_attempt: one payment attempt.
SELECT checkout_id::text AS checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at,
       gateway_ref, capture_before, decline_code, answer_status, answer, return_url, next_action, country,
       version
FROM attempt WHERE checkout_id = $1::uuid AND n = $2
