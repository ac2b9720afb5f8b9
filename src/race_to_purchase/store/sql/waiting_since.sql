-- waiting_since: when the payments began that wait for their turn at a gateway, the oldest first.
SELECT a.began_at
FROM task AS t
JOIN attempt AS a ON a.checkout_id = t.checkout_id AND a.n = t.n
WHERE a.state = 'prepared' AND a.gateway = $1
ORDER BY a.began_at
