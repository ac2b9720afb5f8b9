-- seal_lock: one process seals at a time; the others find that somebody does, and go on. Held until COMMIT.
SELECT pg_try_advisory_xact_lock($1)
