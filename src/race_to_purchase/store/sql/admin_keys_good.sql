-- admin_keys_good: the keys that count now, by the clock of the database.
SELECT digest, id, name, role
FROM admin_key
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
