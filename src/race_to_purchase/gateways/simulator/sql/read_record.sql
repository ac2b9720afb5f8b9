-- One object by its number.
SELECT body FROM record WHERE seq = ? AND prefix = ?
