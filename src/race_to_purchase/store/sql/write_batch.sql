-- write_batch: one batch's changes, all or nothing. Updates run first, in the order of the final SELECT, and only
-- where the version is the one that was read; if one is not, conflict() ends the statement before any insert.
--
-- A pool is changed by differences. One without a version is moved from wherever others have moved it meanwhile, so that
-- processes that sell the same item do not wait for each other's decisions; if there is not enough, that is a conflict.
WITH checkout_update AS (
    UPDATE checkout AS t
    SET state = u.state, deadline = u.deadline, fence = u.fence, live_n = u.live_n,
        history = t.history || u.history, version = t.version + 1
    FROM unnest($1::checkout_change[]) AS u
    WHERE t.id = u.id AND t.version = u.version
    RETURNING 1
), attempt_update AS (
    UPDATE attempt AS t
    SET state = u.state, gateway_ref = u.gateway_ref, capture_before = u.capture_before,
        decline_code = u.decline_code, answer_status = u.answer_status, answer = u.answer,
        next_action = u.next_action, history = t.history || u.history, version = t.version + 1
    FROM unnest($2::attempt_change[]) AS u
    WHERE t.checkout_id = u.checkout_id AND t.n = u.n AND t.version = u.version
    RETURNING 1
), pool_update AS (
    UPDATE pool AS t
    SET capacity = t.capacity + u.capacity, held = t.held + u.held, sold = t.sold + u.sold, version = t.version + 1
    FROM unnest($3::pool_update[]) AS u
    WHERE t.id = u.id AND CASE WHEN u.version IS NULL
        THEN t.held + u.held >= 0 AND t.sold + u.sold >= 0 AND t.held + u.held + t.sold + u.sold <= t.capacity
        ELSE t.version = u.version END
    RETURNING 1
), pool_insert AS (
    INSERT INTO pool (id, drop_id, kind, capacity, held, sold)
    SELECT * FROM unnest($4::pool_insert[])
), checkout_insert AS (
    INSERT INTO checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at, fence, live_n, history)
    SELECT * FROM unnest($5::checkout_insert[])
), attempt_insert AS (
    INSERT INTO attempt (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at,
                         gateway_ref, return_url, country, history)
    SELECT * FROM unnest($6::attempt_begun[])
), order_insert AS (
    INSERT INTO orders (id, drop_id, buyer, amount, currency, gateway, gateway_ref, attempt_n, placed_at)
    SELECT * FROM unnest($7::order_insert[])
), journal_insert AS (
    INSERT INTO journal (order_id, entry, kind, at, currency, accounts, amounts)
    SELECT * FROM unnest($8::journal_insert[])
), key_insert AS (
    INSERT INTO idempotency (scope, key, fingerprint, created_at, status, answer, checkout_id, attempt_n)
    SELECT * FROM unnest($9::key_insert[])
), task_upsert AS (
    INSERT INTO task AS t (id, kind, drop_id, checkout_id, n, due_at, tries)
    SELECT * FROM unnest($10::task_upsert[])
    ON CONFLICT (id) DO UPDATE
    SET kind = excluded.kind, due_at = excluded.due_at, tries = t.tries + excluded.tries
), task_turn AS (
    UPDATE task AS t SET kind = u.kind, due_at = least(t.due_at, clock_timestamp() + interval '1 minute')
    FROM unnest($11::task_turn[]) AS u WHERE t.id = u.id
), task_delete AS (
    DELETE FROM task WHERE id = ANY ($12::text[])
), buyer_upsert AS (
    INSERT INTO buyer AS b (id, email)
    SELECT * FROM unnest($13::buyer_upsert[])
    ON CONFLICT (id) DO UPDATE SET email = excluded.email WHERE b.email <> excluded.email
)
SELECT CASE
    WHEN (SELECT count(*) FROM checkout_update) <> cardinality($1) THEN conflict('a checkout')
    WHEN (SELECT count(*) FROM attempt_update) <> cardinality($2) THEN conflict('an attempt')
    WHEN (SELECT count(*) FROM pool_update) <> cardinality($3) THEN conflict('a pool')
END
