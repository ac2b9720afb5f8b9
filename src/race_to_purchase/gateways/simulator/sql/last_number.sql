-- The newest number in use.
SELECT coalesce(max(seq), 0) FROM record
