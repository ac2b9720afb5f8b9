-- capture: take the money of authorized payments and give their refs; every other one stays as it is.
UPDATE sandbox.payment AS p
SET state = 'captured', captured = c.amount, capture_key = c.key, captured_at = now()
FROM unnest($1::text[], $2::bigint[], $3::text[]) AS c (ref, amount, key)
WHERE p.ref = c.ref AND p.state = 'authorized' AND c.amount BETWEEN 0 AND p.amount
RETURNING p.ref
