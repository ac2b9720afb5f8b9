-- What belongs to one payment, or to one source.
CREATE INDEX IF NOT EXISTS record_parent ON record (parent, prefix, seq) WHERE parent IS NOT NULL
