-- migrations_lock: one process migrates, the others wait; the lock goes with the connection.
SELECT pg_advisory_lock($1)
