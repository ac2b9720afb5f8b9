-- A page of one kind of object behind a cursor, the newest first; a NULL label means any.
SELECT body FROM record
WHERE prefix = :prefix AND created BETWEEN :since AND :until AND (created, seq) < (:at, :cursor)
    AND (:label IS NULL OR label = :label)
ORDER BY created DESC, seq DESC LIMIT :limit
