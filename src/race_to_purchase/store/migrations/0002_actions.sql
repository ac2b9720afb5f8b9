-- What a buyer has to do before a payment goes on, where they come back to afterwards, and deadlines that wait for it.
--
-- The types are new ones, so that processes of the version before go on writing while this one starts; a later
-- migration takes the old ones away.

ALTER TABLE attempt ADD COLUMN return_url text;
ALTER TABLE attempt ADD COLUMN next_action text;

CREATE TYPE checkout_change AS (
    id uuid, state text, deadline timestamptz, fence integer, live_n integer, version integer, history text
);
CREATE TYPE attempt_change AS (
    checkout_id uuid, n integer, state text, gateway_ref text, capture_before timestamptz, decline_code text,
    answer_status integer, answer bytea, next_action text, version integer, history text
);
CREATE TYPE attempt_new AS (
    checkout_id uuid, n integer, gateway text, state text, key text, method text, amount bigint, currency text,
    fence integer, began_at timestamptz, gateway_ref text, return_url text, history text
);
