-- passes_due: passes whose time is up, the oldest first.
SELECT drop_id, tid FROM pass WHERE expires_at <= now() ORDER BY expires_at LIMIT $1::integer
