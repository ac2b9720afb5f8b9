-- 0004_aftersale: refunds and disputes, and the guard that keeps them below what was captured.
-- What follows an order. The guard of its amounts is made by what asks for it first; no purchase writes here.
CREATE TABLE refundable (
    order_id  uuid    PRIMARY KEY,
    currency  text    NOT NULL,
    captured  bigint  NOT NULL,
    pending   bigint  NOT NULL DEFAULT 0,
    refunded  bigint  NOT NULL DEFAULT 0,
    lost      bigint  NOT NULL DEFAULT 0,
    disputes  integer NOT NULL DEFAULT 0,
    version   integer NOT NULL DEFAULT 0,
    CONSTRAINT refundable_bounds CHECK (pending >= 0 AND refunded >= 0 AND lost >= 0 AND disputes >= 0
                                        AND refunded + pending + lost <= captured)
);

CREATE TABLE refund (
    order_id     uuid        NOT NULL,
    n            integer     NOT NULL,
    id           uuid        NOT NULL,  -- its key at the gateway
    state        text        NOT NULL,
    amount       bigint      NOT NULL CHECK (amount > 0),
    currency     text        NOT NULL,
    gateway      text        NOT NULL,
    payment_ref  text        NOT NULL,
    reason       text        NOT NULL,
    restock      boolean     NOT NULL,
    asked_by     text        NOT NULL,
    asked_at     timestamptz NOT NULL,
    gateway_ref  text,
    failure      text,
    ended_at     timestamptz,
    answer       text,       -- JSON
    version      integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, n),
    CONSTRAINT refund_end CHECK ((state IN ('done', 'failed')) = (ended_at IS NOT NULL AND answer IS NOT NULL))
);

CREATE TABLE dispute (
    gateway    text        NOT NULL,
    id         text        NOT NULL,
    order_id   uuid        NOT NULL,
    state      text        NOT NULL,
    amount     bigint      NOT NULL CHECK (amount >= 0),
    fee        bigint      NOT NULL,
    currency   text        NOT NULL,
    reason     text        NOT NULL,
    status     text        NOT NULL,
    told_at    timestamptz NOT NULL,
    opened_at  timestamptz NOT NULL,
    due_by     timestamptz,
    closed_at  timestamptz,
    lost       bigint      NOT NULL DEFAULT 0,
    version    integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (gateway, id),
    CONSTRAINT dispute_end CHECK ((state IN ('won', 'lost', 'closed')) = (closed_at IS NOT NULL))
);
CREATE INDEX dispute_order ON dispute (order_id);
