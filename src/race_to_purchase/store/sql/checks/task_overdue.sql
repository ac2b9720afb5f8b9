-- task_overdue: tasks that nobody has taken up though they were due $3 seconds ago.
SELECT id, format('a %s task, due at %s, tried %s times', kind, due_at, tries), 1
FROM task
WHERE id > $1::text AND id <= $2::text AND due_at < clock_timestamp() - make_interval(secs => $3)
