-- create_refund: one row a refund, under the key that asked for it.
CREATE TABLE IF NOT EXISTS sandbox.refund (
    key         text         COLLATE "C" PRIMARY KEY,
    ref         text         COLLATE "C" NOT NULL,
    amount      bigint       NOT NULL CHECK (amount > 0),
    created_at  timestamptz  NOT NULL DEFAULT now()
)
