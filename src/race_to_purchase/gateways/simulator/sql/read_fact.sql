-- One single value.
SELECT value FROM fact WHERE name = ?
