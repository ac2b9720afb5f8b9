-- reserve_naively: one buyer, one transaction, one call: what a shop does that locks the row of its hot item.
--
-- It is the other side of the benchmark, never part of the engine. It takes the stock if there is any, under the
-- row's lock, and writes the very rows that the engine writes for a reservation.
WITH stock AS (
    UPDATE pool SET held = held + 1, version = version + 1
    WHERE id = $1 AND held + sold < capacity
    RETURNING 1
), buyer_limit AS (
    INSERT INTO pool (id, drop_id, kind, capacity, held, sold) SELECT $2, $3, $4, $5, $6, $7 FROM stock
), new_checkout AS (
    INSERT INTO checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at, fence, live_n, history)
    SELECT $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18 FROM stock
), new_key AS (
    INSERT INTO idempotency (scope, key, fingerprint, created_at, status, answer, checkout_id, attempt_n)
    SELECT $19, $20, $21, $22, $23, $24, $25, $26 FROM stock
), new_buyer AS (
    INSERT INTO buyer AS b (id, email) SELECT $27, $28 FROM stock
    ON CONFLICT (id) DO UPDATE SET email = excluded.email WHERE b.email <> excluded.email
)
SELECT count(*) FROM stock
