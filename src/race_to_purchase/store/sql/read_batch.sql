-- read_batch: everything a batch decides on, as columns, locked in the one order: checkouts, attempts, pools.
--
-- Each step counts the step before, which forces the order; the clock is read last, after every lock is held. The
-- whole statement has one snapshot: a row inserted while it waited is not seen, and the insert that collides with it
-- makes the batch run again. Without a lock it is the same statement less its locking clauses.
WITH locked_checkout AS MATERIALIZED (
    SELECT * FROM checkout WHERE id = ANY ($2::uuid[]) ORDER BY id FOR NO KEY UPDATE
), locked_attempt AS MATERIALIZED (
    SELECT * FROM attempt
    WHERE checkout_id = ANY ($2::uuid[]) AND (SELECT count(*) FROM locked_checkout) >= 0
    ORDER BY checkout_id, n FOR NO KEY UPDATE
), locked_pool AS MATERIALIZED (
    SELECT * FROM pool
    WHERE id = ANY ($3::text[]) AND (SELECT count(*) FROM locked_attempt) >= 0
    ORDER BY id FOR NO KEY UPDATE
), c AS (
    SELECT array_agg(id::text) AS id, array_agg(drop_id) AS drop_id, array_agg(buyer) AS buyer,
           array_agg(state) AS state, array_agg(quote) AS quote, array_agg(claims::text) AS claims,
           array_agg(deadline) AS deadline, array_agg(created_at) AS created_at, array_agg(fence) AS fence,
           array_agg(live_n) AS live_n, array_agg(version) AS version
    FROM locked_checkout
), a AS (
    SELECT array_agg(checkout_id::text) AS checkout_id, array_agg(n) AS n, array_agg(gateway) AS gateway,
           array_agg(state) AS state, array_agg(key) AS key, array_agg(method) AS method,
           array_agg(amount) AS amount, array_agg(currency) AS currency, array_agg(fence) AS fence,
           array_agg(began_at) AS began_at, array_agg(gateway_ref) AS gateway_ref,
           array_agg(capture_before) AS capture_before, array_agg(decline_code) AS decline_code,
           array_agg(answer_status) AS answer_status, array_agg(answer) AS answer, array_agg(return_url) AS return_url,
           array_agg(next_action) AS next_action, array_agg(country) AS country, array_agg(version) AS version
    FROM locked_attempt
), p AS (
    SELECT array_agg(id) AS id, array_agg(drop_id) AS drop_id, array_agg(kind) AS kind,
           array_agg(capacity) AS capacity, array_agg(held) AS held, array_agg(sold) AS sold,
           array_agg(version) AS version
    FROM locked_pool
), k AS (
    SELECT array_agg(scope) AS scope, array_agg(key) AS key, array_agg(fingerprint) AS fingerprint,
           array_agg(created_at) AS created_at, array_agg(status) AS status, array_agg(answer) AS answer,
           array_agg(checkout_id::text) AS checkout_id, array_agg(attempt_n) AS attempt_n
    FROM unnest($4::text[], $5::text[]) AS wanted (scope, key)
    JOIN idempotency USING (scope, key)
), d AS (
    SELECT array_agg(id) AS id, array_agg(version) AS version FROM drops WHERE id = ANY ($1::text[])
)
SELECT c.*, a.*, p.*, k.*, d.*, clock_timestamp() AS now FROM c, a, p, k, d
