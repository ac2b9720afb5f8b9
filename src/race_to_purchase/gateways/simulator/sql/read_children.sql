-- What belongs to an object, of one kind, the newest first.
SELECT body FROM record WHERE parent = ? AND prefix = ? ORDER BY seq DESC
