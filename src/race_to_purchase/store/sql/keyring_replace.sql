-- keyring_replace: keep $2 under the name $1, whatever was kept there.
INSERT INTO keyring (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = clock_timestamp()
