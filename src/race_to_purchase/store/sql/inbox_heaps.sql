-- inbox_heaps: messages that are not done, counted, with the time of the oldest.
SELECT gateway, kind, state, count(*) AS messages, min(received_at) AS oldest_at
FROM inbox WHERE state <> 'done' GROUP BY gateway, kind, state ORDER BY gateway, kind, state
