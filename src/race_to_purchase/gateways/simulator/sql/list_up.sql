-- A page of one kind of object before a cursor, the oldest first; a NULL label means any.
SELECT body FROM record
WHERE prefix = :prefix AND created BETWEEN :since AND :until AND (created, seq) > (:at, :cursor)
    AND (:label IS NULL OR label = :label)
ORDER BY created, seq LIMIT :limit
