-- What was answered under a key.
SELECT endpoint, fingerprint, status, body, request_id, created_at FROM answer WHERE key = ?
