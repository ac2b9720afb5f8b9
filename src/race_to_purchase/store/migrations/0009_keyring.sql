-- What all processes have to agree on and no setting says, such as a signing key that was made once.
CREATE TABLE keyring (
    name   text        COLLATE "C" PRIMARY KEY,
    value  bytea       NOT NULL,
    at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
