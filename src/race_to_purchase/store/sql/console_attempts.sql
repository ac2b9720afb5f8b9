-- console_attempts: all payment attempts of a checkout.
SELECT checkout_id::text AS checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at,
       gateway_ref, capture_before, decline_code, answer_status, answer, return_url, next_action, country,
       version
FROM attempt WHERE checkout_id = $1::uuid ORDER BY n
