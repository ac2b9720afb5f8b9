-- console_tasks: the steps that a purchase still owes. The ids of tasks begin with the checkout's.
SELECT id, kind, drop_id, checkout_id::text AS checkout_id, n, due_at, tries
FROM task WHERE id >= $1::text || '/' AND id < $1::text || '0' ORDER BY due_at
