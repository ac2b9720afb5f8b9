-- admin_key_revoke: let the key $1 count no more, on the word of $2; whoever did so first stands.
UPDATE admin_key
SET revoked_at = coalesce(revoked_at, clock_timestamp()), revoked_by = coalesce(revoked_by, $2)
WHERE id = $1
RETURNING id, name, role, created_at, created_by, expires_at, revoked_at, revoked_by, last_used_at
