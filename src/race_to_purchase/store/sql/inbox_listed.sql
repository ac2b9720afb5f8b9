-- inbox_listed: the next $2 messages in the state $1, which is not done, the soonest due first.
SELECT id, gateway, kind, ref, reference, state, outcome, tries, created_at, received_at, nullif(due_at, 'infinity')
FROM inbox WHERE state = $1 AND state <> 'done' ORDER BY due_at, received_at LIMIT $2
