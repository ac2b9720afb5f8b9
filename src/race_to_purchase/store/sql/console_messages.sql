-- console_messages: what gateways said about a purchase that was begun at $2: by its reference, or by that of one of its
-- payments $3. Found by the age of blocks; what came later than two days after is left out.
SELECT id, gateway, kind, ref, created_at, received_at, state, outcome, tries FROM inbox
WHERE received_at >= $2 AND received_at < $2 + interval '2 days'
  AND (reference LIKE $1::text || '/%' OR ref = ANY ($3::text[]))
ORDER BY received_at LIMIT 200
