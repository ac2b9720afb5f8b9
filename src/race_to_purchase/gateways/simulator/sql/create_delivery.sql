-- One message to the merchant: due, or how it ended. A fault may make several of one event, or forge one.
CREATE TABLE IF NOT EXISTS delivery (
    seq INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    subject TEXT NOT NULL, -- the object that the event is about
    form TEXT NOT NULL, -- true, or how it is forged
    state TEXT NOT NULL, -- due, held, done, failed, lost
    due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    status INTEGER -- of the last answer; 0 where there was none
) STRICT
