-- Keep a new object.
INSERT INTO record (seq, prefix, created, parent, label, body) VALUES (?, ?, ?, ?, ?, ?)
