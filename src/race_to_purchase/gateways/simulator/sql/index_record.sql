-- Lists go through one kind of object, the newest first.
CREATE INDEX IF NOT EXISTS record_list ON record (prefix, created, seq)
