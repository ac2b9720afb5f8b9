-- The newest messages, and how they went.
SELECT seq, event, subject, form, state, due_at, tries, status FROM delivery ORDER BY seq DESC LIMIT ?
