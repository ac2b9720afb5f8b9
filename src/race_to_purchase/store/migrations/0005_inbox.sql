-- Gateways' messages: stored before they are acknowledged, worked on afterwards.
CREATE TABLE inbox (
    id           text        COLLATE "C" PRIMARY KEY,
    gateway      text        NOT NULL,
    kind         text        NOT NULL,
    ref          text        NOT NULL,
    reference    text,
    created_at   timestamptz NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    data         text        NOT NULL,
    body         bytea       NOT NULL,
    state        text        NOT NULL DEFAULT 'waiting',
    outcome      text        NOT NULL DEFAULT '',
    tries        integer     NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT inbox_state CHECK (state IN ('waiting', 'unmatched', 'done', 'left'))
);
CREATE INDEX inbox_due ON inbox (due_at) WHERE state <> 'done';
CREATE INDEX inbox_age ON inbox USING brin (received_at) WITH (pages_per_range = 32);
