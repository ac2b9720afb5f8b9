-- Everything the API can show, as it shows it; `seq` is also the number inside the id.
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY,
    prefix TEXT NOT NULL,
    created INTEGER NOT NULL,
    parent TEXT, -- what it belongs to: a charge's payment, a balance transaction's source
    label TEXT, -- the type of an event or of a balance transaction
    body BLOB NOT NULL
) STRICT
