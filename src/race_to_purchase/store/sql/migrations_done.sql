-- migrations_done: the versions that this database has.
SELECT version FROM migration
