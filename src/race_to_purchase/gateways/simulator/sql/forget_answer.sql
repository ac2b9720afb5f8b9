-- Forget one key.
DELETE FROM answer WHERE key = ?
