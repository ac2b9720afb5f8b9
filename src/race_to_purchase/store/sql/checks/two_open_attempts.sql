-- two_open_attempts: checkouts of which more than one gateway may still authorize something that could be committed.
SELECT checkout_id::text, format('attempts %s', string_agg(n::text, ', ' ORDER BY n)), count(*) - 1
FROM attempt
WHERE checkout_id > $1::uuid AND checkout_id <= $2::uuid
  AND state IN ('prepared', 'sent', 'unknown', 'action_required', 'authorized')
GROUP BY checkout_id
HAVING count(*) > 1
