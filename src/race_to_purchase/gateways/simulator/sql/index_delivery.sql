-- What is still to be sent.
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (seq) WHERE state IN ('due', 'held')
