-- Keys of operators. What is kept of a key is its SHA-256: whoever reads this table cannot act with it.
CREATE TABLE admin_key (
    id            uuid        PRIMARY KEY,
    name          text        COLLATE "C" NOT NULL,
    role          text        NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    digest        bytea       NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by    text        NOT NULL,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    revoked_by    text,
    last_used_at  timestamptz,
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE UNIQUE INDEX admin_key_name ON admin_key (name) WHERE revoked_at IS NULL;
