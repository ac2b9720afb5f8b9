-- admin_keys_used: the keys $1 were used just now; a write a minute at most, however many processes say so.
UPDATE admin_key
SET last_used_at = clock_timestamp()
WHERE id = ANY ($1::uuid[]) AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')
