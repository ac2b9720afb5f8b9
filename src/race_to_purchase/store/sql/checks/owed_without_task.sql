-- owed_without_task: attempts with a step still to be done that no task will ever do.
SELECT format('%s/%s', a.checkout_id, a.n), format('%s, with %s task', a.state, coalesce('a ' || t.kind, 'no')), 1
FROM attempt AS a
LEFT JOIN task AS t ON t.id = format('%s/%s/payment', a.checkout_id, a.n)
WHERE a.checkout_id > $1::uuid AND a.checkout_id <= $2::uuid
  AND a.state NOT IN ('declined', 'captured', 'capture_failed', 'voided')
  AND t.kind IS DISTINCT FROM CASE a.state WHEN 'committed' THEN 'capture' WHEN 'doomed' THEN 'void' ELSE 'resolve' END
