-- ready: what `ready` asks: does the server answer, is the schema there, and is it writable.
SELECT (SELECT max(version) FROM migration) AS schema_version, pg_is_in_recovery() AS read_only
