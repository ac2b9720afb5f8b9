-- Keep an object as it is now.
UPDATE record SET body = ? WHERE seq = ?
