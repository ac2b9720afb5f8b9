-- first_deadline: the oldest deadline of all checkouts.
SELECT deadline FROM checkout ORDER BY deadline LIMIT 1
