-- How a try ended, and when the next one is.
UPDATE delivery SET state = ?, due_at = ?, tries = ?, status = ? WHERE seq = ?
