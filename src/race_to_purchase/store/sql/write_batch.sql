-- write_batch: one batch's changes, all or nothing. Updates run first, in the order of the final SELECT, and only
-- where the version is the one that was read; if one is not, conflict() ends the statement before any insert.
WITH checkout_update AS (
    UPDATE checkout AS t
    SET state = u.state, fence = u.fence, live_n = u.live_n, history = t.history || u.history,
        version = t.version + 1
    FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::text[])
         AS u (id, state, fence, live_n, version, history)
    WHERE t.id = u.id AND t.version = u.version
    RETURNING 1
), attempt_update AS (
    UPDATE attempt AS t
    SET state = u.state, gateway_ref = u.gateway_ref, capture_before = u.capture_before,
        decline_code = u.decline_code, answer_status = u.answer_status, answer = u.answer,
        history = t.history || u.history, version = t.version + 1
    FROM unnest($7::uuid[], $8::integer[], $9::text[], $10::text[], $11::timestamptz[], $12::text[],
                $13::integer[], $14::bytea[], $15::integer[], $16::text[])
         AS u (checkout_id, n, state, gateway_ref, capture_before, decline_code, answer_status, answer, version,
               history)
    WHERE t.checkout_id = u.checkout_id AND t.n = u.n AND t.version = u.version
    RETURNING 1
), pool_update AS (
    UPDATE pool AS t
    SET capacity = u.capacity, held = u.held, sold = u.sold, version = t.version + 1
    FROM unnest($17::text[], $18::bigint[], $19::bigint[], $20::bigint[], $21::integer[])
         AS u (id, capacity, held, sold, version)
    WHERE t.id = u.id AND t.version = u.version
    RETURNING 1
), pool_insert AS (
    INSERT INTO pool (id, drop_id, kind, capacity, held, sold)
    SELECT * FROM unnest($22::text[], $23::text[], $24::text[], $25::bigint[], $26::bigint[], $27::bigint[])
), checkout_insert AS (
    INSERT INTO checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at, fence, live_n, history)
    SELECT u.id, u.drop_id, u.buyer, u.state, u.quote, u.claims::jsonb, u.deadline, u.created_at, u.fence,
           u.live_n, u.history
    FROM unnest($28::uuid[], $29::text[], $30::text[], $31::text[], $32::text[], $33::text[], $34::timestamptz[],
                $35::timestamptz[], $36::integer[], $37::integer[], $38::text[])
         AS u (id, drop_id, buyer, state, quote, claims, deadline, created_at, fence, live_n, history)
), attempt_insert AS (
    INSERT INTO attempt (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at,
                         gateway_ref, history)
    SELECT * FROM unnest($39::uuid[], $40::integer[], $41::text[], $42::text[], $43::text[], $44::text[],
                         $45::bigint[], $46::text[], $47::integer[], $48::timestamptz[], $49::text[], $50::text[])
), order_insert AS (
    INSERT INTO orders (id, drop_id, buyer, amount, currency, gateway, gateway_ref, attempt_n, placed_at)
    SELECT * FROM unnest($51::uuid[], $52::text[], $53::text[], $54::bigint[], $55::text[], $56::text[],
                         $57::text[], $58::integer[], $59::timestamptz[])
), journal_insert AS (
    INSERT INTO journal (order_id, entry, kind, at, currency, accounts, amounts)
    SELECT u.order_id, u.entry, u.kind, u.at, u.currency, string_to_array(u.accounts, ' '),
           string_to_array(u.amounts, ' ')::bigint[]
    FROM unnest($60::uuid[], $61::integer[], $62::text[], $63::timestamptz[], $64::text[], $65::text[], $66::text[])
         AS u (order_id, entry, kind, at, currency, accounts, amounts)
), key_insert AS (
    INSERT INTO idempotency (scope, key, fingerprint, created_at, status, answer, checkout_id, attempt_n)
    SELECT * FROM unnest($67::text[], $68::text[], $69::bytea[], $70::timestamptz[], $71::integer[], $72::bytea[],
                         $73::uuid[], $74::integer[])
), task_upsert AS (
    INSERT INTO task AS t (id, kind, drop_id, checkout_id, n, due_at, tries)
    SELECT * FROM unnest($75::text[], $76::text[], $77::text[], $78::uuid[], $79::integer[], $80::timestamptz[],
                         $81::integer[])
    ON CONFLICT (id) DO UPDATE
    SET kind = excluded.kind, due_at = excluded.due_at, tries = t.tries + excluded.tries
), task_turn AS (
    UPDATE task AS t SET kind = u.kind FROM unnest($82::text[], $83::text[]) AS u (id, kind) WHERE t.id = u.id
), task_delete AS (
    DELETE FROM task WHERE id = ANY ($84::text[])
), buyer_upsert AS (
    INSERT INTO buyer AS b (id, email)
    SELECT * FROM unnest($85::text[], $86::text[])
    ON CONFLICT (id) DO UPDATE SET email = excluded.email WHERE b.email <> excluded.email
)
SELECT CASE
    WHEN (SELECT count(*) FROM checkout_update) <> cardinality($1::uuid[]) THEN conflict('a checkout')
    WHEN (SELECT count(*) FROM attempt_update) <> cardinality($7::uuid[]) THEN conflict('an attempt')
    WHEN (SELECT count(*) FROM pool_update) <> cardinality($17::text[]) THEN conflict('a pool')
END
