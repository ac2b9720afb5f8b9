-- Forget the oldest keys that are older than a time, some at once.
DELETE FROM answer
WHERE seq IN (SELECT seq FROM answer ORDER BY seq LIMIT :limit) AND created_at < :before
