-- pass_overdue: passes whose time was up more than $1 seconds ago.
SELECT drop_id || '/' || tid, format('its time was up at %s', expires_at), 1
FROM pass WHERE expires_at < now() - make_interval(secs => $1::float8) ORDER BY expires_at LIMIT 1000
