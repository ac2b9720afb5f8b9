-- Remember an answer under its key.
INSERT INTO answer (key, endpoint, fingerprint, status, body, request_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
