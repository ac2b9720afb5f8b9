-- create_payment: one row a payment. `ref` is made of the caller's key, so that one index finds it by either. No
-- update touches an indexed column, and a page keeps room for the captures of all its rows at once, since one batch
-- captures them together: so updates stay heap-only.
CREATE TABLE IF NOT EXISTS sandbox.payment (
    ref           text         COLLATE "C" PRIMARY KEY,
    reference     text         NOT NULL,
    amount        bigint       NOT NULL,
    currency      text         NOT NULL,
    method        text         NOT NULL,
    state         text         NOT NULL,
    decline_code  text,
    captured      bigint       NOT NULL DEFAULT 0,
    refunded      bigint       NOT NULL DEFAULT 0,
    capture_key   text,
    created_at    timestamptz  NOT NULL DEFAULT now(),
    captured_at   timestamptz,
    CONSTRAINT payment_state CHECK (
        state IN ('action_required', 'authorized', 'lapsed', 'declined', 'captured', 'voided')
    ),
    CONSTRAINT payment_amounts CHECK (0 <= refunded AND refunded <= captured AND captured <= amount),
    CONSTRAINT payment_captured CHECK (captured = 0 OR state = 'captured'),
    CONSTRAINT payment_declined CHECK ((state = 'declined') = (decline_code IS NOT NULL))
) WITH (fillfactor = 40)
