-- write_after: new and changed guards, refunds and disputes, as JSON in pairs. What is changed must have the version that
-- was decided on; if it has not, or what is new exists, nothing is written and the batch runs again.
WITH guard_update AS (
    UPDATE refundable AS t
    SET pending = u.pending, refunded = u.refunded, lost = u.lost, disputes = u.disputes, version = t.version + 1
    FROM jsonb_populate_recordset(NULL::refundable, $2::jsonb) AS u
    WHERE t.order_id = u.order_id AND t.version = u.version
    RETURNING 1
), refund_update AS (
    UPDATE refund AS t
    SET state = u.state, gateway_ref = u.gateway_ref, failure = u.failure, ended_at = u.ended_at, answer = u.answer,
        version = t.version + 1
    FROM jsonb_populate_recordset(NULL::refund, $4::jsonb) AS u
    WHERE t.order_id = u.order_id AND t.n = u.n AND t.version = u.version
    RETURNING 1
), dispute_update AS (
    UPDATE dispute AS t
    SET state = u.state, amount = u.amount, fee = u.fee, reason = u.reason, status = u.status, told_at = u.told_at,
        due_by = u.due_by, closed_at = u.closed_at, lost = u.lost, version = t.version + 1
    FROM jsonb_populate_recordset(NULL::dispute, $6::jsonb) AS u
    WHERE t.gateway = u.gateway AND t.id = u.id AND t.version = u.version
    RETURNING 1
), guard_insert AS (
    INSERT INTO refundable SELECT * FROM jsonb_populate_recordset(NULL::refundable, $1::jsonb)
), refund_insert AS (
    INSERT INTO refund SELECT * FROM jsonb_populate_recordset(NULL::refund, $3::jsonb)
), dispute_insert AS (
    INSERT INTO dispute SELECT * FROM jsonb_populate_recordset(NULL::dispute, $5::jsonb)
)
SELECT CASE
    WHEN (SELECT count(*) FROM guard_update) <> jsonb_array_length($2::jsonb) THEN conflict('a guard')
    WHEN (SELECT count(*) FROM refund_update) <> jsonb_array_length($4::jsonb) THEN conflict('a refund')
    WHEN (SELECT count(*) FROM dispute_update) <> jsonb_array_length($6::jsonb) THEN conflict('a dispute')
END
