-- keyring_settle: keep $2 under the name $1, unless something is kept there.
INSERT INTO keyring (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING
