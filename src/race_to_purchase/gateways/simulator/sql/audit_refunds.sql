-- Payments whose refunds do not add up to what their books say went back.
SELECT account.intent, refunded, coalesce(total, 0) AS total
FROM account JOIN record AS payment ON payment.seq = account.intent LEFT JOIN (
    SELECT parent, sum(json_extract(CAST(body AS TEXT), '$.amount')) AS total
    FROM record WHERE prefix = 're' AND json_extract(CAST(body AS TEXT), '$.status') IN ('succeeded', 'pending')
    GROUP BY parent
) AS refund ON refund.parent = json_extract(CAST(payment.body AS TEXT), '$.id')
WHERE refunded <> coalesce(total, 0)
