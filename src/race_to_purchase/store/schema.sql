-- The whole schema as it stands, for reading. A database gets it by running `migrations/` in order;
-- a test proves that both come to the same.
--
-- Rules that every table keeps: no transition changes an indexed column, partial-index predicates included, so that
-- updates stay heap-only; nothing refers to a drop or a pool by foreign key, since that would lock the hot row;
-- rows of one purchase are found by its checkout's id, a UUIDv7, so that inserts stay local.
--
-- Fill factors leave a page room for the next version of all its rows at once, since one batch writes them together
-- and what it replaces cannot be pruned before its COMMIT. An attempt grows to three times its first size. The tables
-- are no larger for it: what does not fit there goes to another page, and to every index.

CREATE FUNCTION sums_to_zero(bigint[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN (SELECT coalesce(sum(amount), 0) = 0 FROM unnest($1) AS amount);

-- Raised by a conditional write that found another version than the one decided on; 40001 makes the batch run again.
CREATE FUNCTION conflict(what text) RETURNS boolean
    LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'another version of %', what USING ERRCODE = '40001'; END $$;

CREATE TABLE drops (
    id          text        PRIMARY KEY,
    definition  jsonb       NOT NULL,
    opens_at    timestamptz NOT NULL,
    closed_at   timestamptz,
    version     integer     NOT NULL DEFAULT 0
);

CREATE TABLE pool (
    id        text    COLLATE "C" PRIMARY KEY,
    drop_id   text    NOT NULL,
    kind      text    NOT NULL,
    capacity  bigint  NOT NULL,
    held      bigint  NOT NULL DEFAULT 0,
    sold      bigint  NOT NULL DEFAULT 0,
    version   integer NOT NULL DEFAULT 0,
    CONSTRAINT pool_bounds CHECK (held >= 0 AND sold >= 0 AND held + sold <= capacity)
) WITH (fillfactor = 50);

CREATE TABLE checkout (
    id          uuid        PRIMARY KEY,
    drop_id     text        NOT NULL,
    buyer       text        NOT NULL,
    state       text        NOT NULL,
    quote       text        NOT NULL,  -- JSON; never changes, and is never searched
    claims      jsonb       NOT NULL,  -- {"hold": {pool: quantity}, "commit": {pool: quantity}}; never changes
    deadline    timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    fence       integer     NOT NULL DEFAULT 0,
    live_n      integer     NOT NULL DEFAULT 0,
    version     integer     NOT NULL DEFAULT 0,
    history     text        NOT NULL DEFAULT ''  -- JSON lines, appended by the write that they tell of
) WITH (fillfactor = 45);
CREATE INDEX checkout_deadline ON checkout (deadline);
CREATE INDEX checkout_age ON checkout USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);
-- What the pass of a ticket was used for is looked up when its holder comes back; other checkouts are not in here.
CREATE INDEX checkout_ticket ON checkout ((claims ->> 'ticket')) WHERE claims ->> 'ticket' IS NOT NULL;

CREATE TABLE attempt (
    checkout_id     uuid        NOT NULL,
    n               integer     NOT NULL,
    gateway         text        NOT NULL,
    state           text        NOT NULL,
    key             text        NOT NULL,
    method          text        NOT NULL,
    amount          bigint      NOT NULL,
    currency        text        NOT NULL,
    fence           integer     NOT NULL,
    began_at        timestamptz NOT NULL,
    gateway_ref     text,
    capture_before  timestamptz,
    decline_code    text,
    answer_status   integer,
    answer          bytea,
    version         integer     NOT NULL DEFAULT 0,
    history         text        NOT NULL DEFAULT '',
    return_url      text,
    next_action     text,
    country         text,                        -- the buyer's, by ISO 3166
    PRIMARY KEY (checkout_id, n),
    CONSTRAINT attempt_amount CHECK (amount >= 0),
    -- What money has moved for can always be found at the gateway.
    CONSTRAINT attempt_ref CHECK (gateway_ref IS NOT NULL OR state NOT IN ('authorized', 'committed', 'captured'))
) WITH (fillfactor = 20);
-- Reconciliation compares what began within a range of time; it never changes, so updates stay heap-only.
CREATE INDEX attempt_age ON attempt USING brin (began_at) WITH (pages_per_range = 32, autosummarize = on);

-- An order has its checkout's id: one checkout cannot become two orders.
CREATE TABLE orders (
    id           uuid        PRIMARY KEY,
    drop_id      text        NOT NULL,
    buyer        text        NOT NULL,
    amount       bigint      NOT NULL CHECK (amount >= 0),
    currency     text        NOT NULL,
    gateway      text        NOT NULL,
    gateway_ref  text        NOT NULL,
    attempt_n    integer     NOT NULL,
    placed_at    timestamptz NOT NULL
);

-- The place of a transaction in the journal: rows of those that are over can be told from rows that may still come.
-- In a database that was restored elsewhere transactions are counted from the beginning again; then `migrate` puts
-- what is counted here behind what was there.
CREATE FUNCTION journal_place(xid8) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN $1::text::bigint + 0;

CREATE TABLE journal (
    order_id  uuid        NOT NULL,
    entry     integer     NOT NULL,
    kind      text        NOT NULL,
    at        timestamptz NOT NULL,
    currency  text        NOT NULL,
    accounts  text[]      NOT NULL,
    amounts   bigint[]    NOT NULL,
    place     bigint      NOT NULL DEFAULT journal_place(pg_current_xact_id()),
    PRIMARY KEY (order_id, entry),
    -- Nearly every entry has two amounts, and a sum of two needs no function: that call was half of what an entry cost.
    CONSTRAINT journal_balance CHECK (cardinality(accounts) = cardinality(amounts) AND CASE cardinality(amounts)
        WHEN 2 THEN (amounts[1] + amounts[2] = 0) IS TRUE ELSE sums_to_zero(amounts) END)
);
-- Places only grow, so that this index is a few bytes for every thirty-two pages, and nothing on the hot path.
CREATE INDEX journal_place ON journal USING brin (place) WITH (pages_per_range = 32, autosummarize = on);

-- What a seal remembers of an entry: 16 bytes of order, 4 of number, 32 of SHA-256 over its canonical JSON.
CREATE FUNCTION journal_leaf(j journal) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN uuid_send(j.order_id) || int4send(j.entry) || sha256(convert_to(jsonb_build_array(
        j.order_id, j.entry, j.kind, (extract(epoch FROM j.at) * 1000000)::bigint, j.currency, j.accounts, j.amounts
    )::text, 'UTF8'));

-- One block: the entries of the transactions from place `since` to before place `until`. Nothing comes in between any
-- more, since all of those transactions were over when it was made.
CREATE TABLE seal (
    number     bigint      PRIMARY KEY,
    since      bigint      NOT NULL,
    until      bigint      NOT NULL,
    sealed_at  timestamptz NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    entries    bigint      NOT NULL,
    totals     jsonb       NOT NULL,  -- [[currency, account, debit, credit], …], in the order of their names
    leaves     bytea       NOT NULL,  -- journal_leaf() of each entry, in the order of order and number
    previous   bytea       NOT NULL,  -- hash of the block before; empty for the first
    hash       bytea       NOT NULL,
    CONSTRAINT seal_range CHECK (number > 0 AND since < until AND entries > 0)
);
ALTER TABLE seal ALTER COLUMN leaves SET STORAGE EXTERNAL;

CREATE FUNCTION seal_hash(s seal) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(s.previous || convert_to(jsonb_build_array(
        s.number, s.since, s.until, (extract(epoch FROM s.sealed_at) * 1000000)::bigint,
        (extract(epoch FROM s.first_at) * 1000000)::bigint, (extract(epoch FROM s.last_at) * 1000000)::bigint,
        s.entries, s.totals
    )::text, 'UTF8') || s.leaves);

-- What the sealed entries sum to, moved with each block. Sums of bigints are numeric, so that they cannot overflow.
CREATE TABLE balance (
    account   text    COLLATE "C" NOT NULL,
    currency  text    NOT NULL,
    debit     numeric NOT NULL,
    credit    numeric NOT NULL,
    PRIMARY KEY (account, currency)
) WITH (fillfactor = 50);

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE idempotency (
    scope        text        COLLATE "C" NOT NULL,
    key          text        COLLATE "C" NOT NULL,
    fingerprint  bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    status       integer,
    answer       bytea,
    checkout_id  uuid,
    attempt_n    integer,
    PRIMARY KEY (scope, key),
    CONSTRAINT idempotency_end CHECK (answer IS NOT NULL OR checkout_id IS NOT NULL)
);
CREATE INDEX idempotency_age ON idempotency USING brin (created_at) WITH (pages_per_range = 32);

-- The only table with personal data.
CREATE TABLE buyer (
    id     text PRIMARY KEY,
    email  text NOT NULL
);

-- What purchases still owe the world outside. Small: a row goes when its step is done.
CREATE TABLE task (
    id           text        COLLATE "C" PRIMARY KEY,
    kind         text        NOT NULL,
    drop_id      text        NOT NULL,
    checkout_id  uuid        NOT NULL,
    n            integer     NOT NULL,
    due_at       timestamptz NOT NULL,
    tries        integer     NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE INDEX task_due ON task (due_at);

-- Gateways' messages: stored before they are acknowledged, worked on afterwards. Not on the way of a purchase, so that
-- its indexes may follow its states. What is left for good is due at infinity.
CREATE TABLE inbox (
    id           text        COLLATE "C" PRIMARY KEY,  -- gateway/event: the same message twice is one row
    gateway      text        NOT NULL,
    kind         text        NOT NULL,
    ref          text        NOT NULL,
    reference    text,                 -- checkout/attempt, where the gateway gave it back
    created_at   timestamptz NOT NULL,  -- by the gateway's clock
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    data         text        NOT NULL,  -- JSON: what the adapter read
    body         bytea       NOT NULL,  -- as it came; emptied at the end, since gateways write names and addresses
    state        text        NOT NULL DEFAULT 'waiting',
    outcome      text        NOT NULL DEFAULT '',
    tries        integer     NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT inbox_state CHECK (state IN ('waiting', 'unmatched', 'done', 'left'))
);
CREATE INDEX inbox_due ON inbox (due_at) WHERE state <> 'done';
CREATE INDEX inbox_age ON inbox USING brin (received_at) WITH (pages_per_range = 32);

-- What every process counted, over time and by drop: for the console and the report. Never read to decide anything.
CREATE TABLE series (
    drop_id  text        COLLATE "C" NOT NULL,
    at       timestamptz NOT NULL,
    source   text        COLLATE "C" NOT NULL,
    counted  text        NOT NULL,
    PRIMARY KEY (drop_id, at, source)
);
CREATE INDEX series_age ON series USING brin (at) WITH (pages_per_range = 32);

-- What happened to drops, and what operators did. A checkout's history stands in its own row.
CREATE TABLE event (
    seq     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    stream  text        NOT NULL,
    kind    text        NOT NULL,
    data    jsonb       NOT NULL
);
CREATE INDEX event_stream ON event (stream, seq);

-- What an operator did with a gateway: nothing new is begun there since `drained_at`; null where it is in use again.
CREATE TABLE gateway (
    name        text         COLLATE "C" PRIMARY KEY,
    drained_at  timestamptz,
    why         text         NOT NULL,
    by          text         NOT NULL
);

-- What reconciliation found to differ, and how far it has walked. Both small: a row a difference, a row a walk.
CREATE TABLE finding (
    id          text        COLLATE "C" PRIMARY KEY,
    kind        text        NOT NULL,
    subject     text        NOT NULL,
    drop_id     text        NOT NULL,
    state       text        NOT NULL,
    repair      text        NOT NULL,
    detail      jsonb       NOT NULL,
    first_seen  timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,
    seen        integer     NOT NULL DEFAULT 1,
    how         text        NOT NULL DEFAULT '',
    ended_at    timestamptz,
    version     integer     NOT NULL DEFAULT 0,
    CONSTRAINT finding_state CHECK (state IN ('open', 'repairing', 'repaired', 'closed')),
    CONSTRAINT finding_end CHECK ((ended_at IS NOT NULL) = (state IN ('repaired', 'closed')))
);
-- The one index whose condition an update leaves: a finding is written a few times in its life.
CREATE INDEX finding_unended ON finding (id) WHERE ended_at IS NULL;

-- How far a walk has come: a moment, or the last row; what it is, the walk knows.
CREATE TABLE walk (
    name     text        COLLATE "C" PRIMARY KEY,
    reached  text        NOT NULL,
    at       timestamptz NOT NULL
);

-- What all processes have to agree on and no setting says, such as a signing key that was made once.
CREATE TABLE keyring (
    name   text        COLLATE "C" PRIMARY KEY,
    value  bytea       NOT NULL,
    at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

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

-- What buyers mean to buy. No decision reads it, and nothing is counted by it; it is forgotten when it is old.
CREATE TABLE cart (
    buyer       text        COLLATE "C" NOT NULL,
    drop_id     text        NOT NULL,
    lines       text        NOT NULL,  -- JSON: [{"item", "quantity", "price"}, …], the price as the buyer has seen it
    version     integer     NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (buyer, drop_id)
) WITH (fillfactor = 70);

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

-- The line before a sale. Nothing here grows with who waits, but 16 bytes each for who registered.
CREATE TABLE drop_line (
    drop_id       text        COLLATE "C" PRIMARY KEY,
    key           smallint    NOT NULL,
    salt          text        NOT NULL,
    commitment    text        NOT NULL,
    closed_at     timestamptz,
    registered    bigint,
    root          text,
    beacon        text,
    secret        text,
    seed          text,
    drawn_at      timestamptz,
    cursor        bigint      NOT NULL DEFAULT 0,
    calls         jsonb       NOT NULL DEFAULT '[]',  -- [[at, since, until, came], …]: whose people may still come
    came          bigint      NOT NULL DEFAULT 0,
    came_delay_s  double precision NOT NULL DEFAULT 0,
    lapsed        bigint      NOT NULL DEFAULT 0,
    control       jsonb,                              -- what the controller keeps from decision to decision
    decided_at    timestamptz,
    bound         text        NOT NULL DEFAULT '',
    leader        text        NOT NULL DEFAULT '',
    lease_until   timestamptz,
    rate_per_s    double precision,
    paused_at     timestamptz,
    message       text,
    version       integer     NOT NULL DEFAULT 0,
    load          jsonb,                              -- what processes that do not lead suffer from
    CONSTRAINT drop_line_steps CHECK ((registered IS NULL OR closed_at IS NOT NULL) AND (seed IS NULL OR registered IS NOT NULL)
                                 AND (registered IS NULL) = (root IS NULL)
                                 AND (seed IS NULL) = (secret IS NULL) AND (seed IS NULL) = (drawn_at IS NULL)
                                 AND (cursor = 0 OR seed IS NOT NULL))
) WITH (fillfactor = 40);

-- Ticket ids of those who registered, 16 bytes each, a row for those who came in the same moment; appended to, and
-- once registration is closed written anew: sorted, each once, in rows of one size.
CREATE TABLE registration (
    drop_id  text   COLLATE "C" NOT NULL,
    part     bigint GENERATED BY DEFAULT AS IDENTITY,
    tids     bytea  NOT NULL,
    PRIMARY KEY (drop_id, part),
    CONSTRAINT registration_whole CHECK (length(tids) % 16 = 0)
);
ALTER TABLE registration ALTER COLUMN tids SET STORAGE EXTERNAL;

-- Those who came after the draw, by their number from 0.
CREATE TABLE late_comer (
    drop_id  text   COLLATE "C" NOT NULL,
    tid      bytea  NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (drop_id, tid),
    UNIQUE (drop_id, number)
);

-- Passes that are out, or were a moment ago. Whether one was used stands in the pool of its ticket.
CREATE TABLE pass (
    drop_id     text        COLLATE "C" NOT NULL,
    tid         text        COLLATE "C" NOT NULL,
    n           integer     NOT NULL,
    browser     text        NOT NULL,
    expires_at  timestamptz NOT NULL,
    version     integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (drop_id, tid)
) WITH (fillfactor = 70);
CREATE INDEX pass_expiry ON pass (expires_at);

-- Rights to come in by a lane of one's own, once.
CREATE TABLE line_grant (
    drop_id      text        COLLATE "C" NOT NULL,
    id           text        COLLATE "C" NOT NULL,
    tid          text        NOT NULL,
    lane         text        NOT NULL,
    valid_from   timestamptz NOT NULL,
    valid_until  timestamptz NOT NULL,
    issued_by    text        NOT NULL,
    issued_at    timestamptz NOT NULL,
    used_at      timestamptz,
    revoked_at   timestamptz,
    version      integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (drop_id, id),
    CONSTRAINT line_grant_once CHECK (used_at IS NULL OR revoked_at IS NULL)
);

-- How a batch's changes travel: arrays of these, one parameter a kind of change. They are types of their own, and not
-- those of the tables, so that a table may get a column while older processes still write: `checkout_update`,
-- `attempt_update`, `attempt_insert` and `attempt_new` are theirs.
CREATE TYPE checkout_update AS (id uuid, state text, fence integer, live_n integer, version integer, history text);
CREATE TYPE attempt_update AS (
    checkout_id uuid, n integer, state text, gateway_ref text, capture_before timestamptz, decline_code text,
    answer_status integer, answer bytea, version integer, history text
);
-- A row's deadline is written with it, and is nearly always the one that it had: no index is touched then.
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
CREATE TYPE attempt_begun AS (
    checkout_id uuid, n integer, gateway text, state text, key text, method text, amount bigint, currency text,
    fence integer, began_at timestamptz, gateway_ref text, return_url text, country text, history text
);
CREATE TYPE pool_update AS (id text, capacity bigint, held bigint, sold bigint, version integer);
CREATE TYPE pool_insert AS (id text, drop_id text, kind text, capacity bigint, held bigint, sold bigint);
CREATE TYPE checkout_insert AS (
    id uuid, drop_id text, buyer text, state text, quote text, claims jsonb, deadline timestamptz,
    created_at timestamptz, fence integer, live_n integer, history text
);
CREATE TYPE attempt_insert AS (
    checkout_id uuid, n integer, gateway text, state text, key text, method text, amount bigint, currency text,
    fence integer, began_at timestamptz, gateway_ref text, history text
);
CREATE TYPE order_insert AS (
    id uuid, drop_id text, buyer text, amount bigint, currency text, gateway text, gateway_ref text,
    attempt_n integer, placed_at timestamptz
);
CREATE TYPE journal_insert AS (
    order_id uuid, entry integer, kind text, at timestamptz, currency text, accounts text[], amounts bigint[]
);
CREATE TYPE key_insert AS (
    scope text, key text, fingerprint bytea, created_at timestamptz, status integer, answer bytea, checkout_id uuid,
    attempt_n integer
);
CREATE TYPE task_upsert AS (
    id text, kind text, drop_id text, checkout_id uuid, n integer, due_at timestamptz, tries integer
);
CREATE TYPE task_turn AS (id text, kind text);
CREATE TYPE buyer_upsert AS (id text, email text);
