-- 0011: which gateways may take a payment over depends on its buyer's country, whichever process does it.
-- The type is a new one, as in 0002.
ALTER TABLE attempt ADD COLUMN country text;

CREATE TYPE attempt_begun AS (
    checkout_id uuid, n integer, gateway text, state text, key text, method text, amount bigint, currency text,
    fence integer, began_at timestamptz, gateway_ref text, return_url text, country text, history text
);
