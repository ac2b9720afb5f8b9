-- waiting_for_nothing: checkouts that wait for a gateway though no attempt of theirs is being decided.
SELECT c.id::text, format('%s, attempt %s is %s', c.state, c.live_n, coalesce(a.state, 'missing')), 1
FROM checkout AS c
LEFT JOIN attempt AS a ON a.checkout_id = c.id AND a.n = c.live_n
WHERE c.id > $1::uuid AND c.id <= $2::uuid AND c.state IN ('paying', 'lapsed')
  AND coalesce(a.state, 'missing') NOT IN ('prepared', 'sent', 'unknown', 'action_required', 'authorized')
