-- What was answered under an idempotency key, to be answered again.
CREATE TABLE IF NOT EXISTS answer (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    request_id TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT
