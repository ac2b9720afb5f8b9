-- end_without_answer: attempts that ended without a word to their buyer, and without another that followed.
SELECT format('%s/%s', a.checkout_id, a.n), format('attempt is %s', a.state), 1
FROM attempt AS a
LEFT JOIN attempt AS b ON b.checkout_id = a.checkout_id AND b.n = a.n + 1
WHERE a.checkout_id > $1::uuid AND a.checkout_id <= $2::uuid AND a.answer IS NULL AND b.checkout_id IS NULL
  AND a.state NOT IN ('prepared', 'sent', 'unknown', 'action_required', 'authorized')
