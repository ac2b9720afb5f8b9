-- message_overdue: gateways' messages that nobody has taken up though they were due $3 seconds ago.
SELECT id, format('a %s message, received at %s, due at %s, tried %s times', kind, received_at, due_at, tries), 1
FROM inbox
WHERE id > $1::text AND id <= $2::text AND state <> 'done'
  AND due_at < clock_timestamp() - make_interval(secs => $3)
