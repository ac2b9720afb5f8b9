-- captured_attempts: attempts at a gateway, begun within a range of time, that took their money.
SELECT checkout_id::text AS checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at,
       gateway_ref, capture_before, decline_code, answer_status, answer, return_url, next_action, country, version
FROM attempt WHERE began_at >= $2 AND began_at < $3 AND gateway = $1 AND state = 'captured'
