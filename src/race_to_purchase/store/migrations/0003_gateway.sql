-- 0003: gateways that an operator takes out of use.
-- What an operator did with a gateway: nothing new is begun there since `drained_at`; null where it is in use again.
CREATE TABLE gateway (
    name        text         COLLATE "C" PRIMARY KEY,
    drained_at  timestamptz,
    why         text         NOT NULL,
    by          text         NOT NULL
);
