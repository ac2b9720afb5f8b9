-- lead: whether this connection is now the one that reconciles; it stays so until it is closed, or its process killed.
SELECT pg_try_advisory_lock($1)
