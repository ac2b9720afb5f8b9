-- The journal becomes append-only by the database itself, and is sealed in blocks that hang together by their hashes.

-- The place of a transaction in the journal: rows of those that are over can be told from rows that may still come.
-- In a database that was restored elsewhere transactions are counted from the beginning again; then `migrate` puts
-- what is counted here behind what was there.
CREATE FUNCTION journal_place(xid8) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN $1::text::bigint + 0;

-- Entries from before have place 0, and come into the first block.
ALTER TABLE journal ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE journal ALTER COLUMN place SET DEFAULT journal_place(pg_current_xact_id());
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
