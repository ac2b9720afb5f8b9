-- range_inbox: the last of the messages after $1 that are not done, so that checks can read them; they are few, and no
-- more than $2 are looked at.
SELECT id FROM (SELECT id FROM inbox WHERE state <> 'done' AND id > $1::text ORDER BY id LIMIT $2) AS next
ORDER BY id DESC LIMIT 1
