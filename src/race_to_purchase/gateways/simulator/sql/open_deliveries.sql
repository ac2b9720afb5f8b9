-- Every message that is still owed.
SELECT seq, event, subject, form, state, due_at, tries FROM delivery WHERE state IN ('due', 'held') ORDER BY seq
