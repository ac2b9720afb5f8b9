-- admin_keys: every key, those that are not revoked first, and each by its name.
SELECT id, name, role, created_at, created_by, expires_at, revoked_at, revoked_by, last_used_at
FROM admin_key
ORDER BY revoked_at IS NOT NULL, name, created_at
