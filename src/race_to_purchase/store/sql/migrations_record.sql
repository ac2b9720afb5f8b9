-- migrations_record: note a migration, in its own transaction.
INSERT INTO migration (version, name) VALUES ($1, $2)
