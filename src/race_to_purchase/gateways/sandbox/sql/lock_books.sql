-- lock_books: until the transaction ends, only one process makes the sandbox's tables.
SELECT pg_advisory_xact_lock($1)
