-- read_booked: checkouts with all their attempts and their orders, of one moment.
SELECT c.id::text AS id, c.drop_id, c.buyer, c.state, c.quote, c.claims::text AS claims, c.deadline, c.created_at,
       c.fence, c.live_n, c.version,
       a.checkout_id::text, a.n, a.gateway, a.state, a.key, a.method, a.amount, a.currency, a.fence, a.began_at,
       a.gateway_ref, a.capture_before, a.decline_code, a.answer_status, a.answer, a.return_url,
       a.next_action, a.country, a.version,
       o.id::text, o.drop_id, o.buyer, o.amount, o.currency, o.gateway, o.gateway_ref, o.attempt_n, o.placed_at
FROM checkout AS c
LEFT JOIN attempt AS a ON a.checkout_id = c.id
LEFT JOIN orders AS o ON o.id = c.id
WHERE c.id = ANY ($1::uuid[])
