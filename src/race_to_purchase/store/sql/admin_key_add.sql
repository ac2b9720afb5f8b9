-- admin_key_add: keep the key $1 of the name $2, unless one of that name is not revoked yet.
INSERT INTO admin_key (id, name, role, digest, expires_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
RETURNING id, name, role, created_at, created_by, expires_at, revoked_at, revoked_by, last_used_at
