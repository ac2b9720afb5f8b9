-- Payments whose disputes do not add up to what their books say was taken back.
SELECT account.intent, disputed, coalesce(total, 0) AS total
FROM account JOIN record AS payment ON payment.seq = account.intent LEFT JOIN (
    SELECT parent, sum(json_extract(CAST(body AS TEXT), '$.amount')) AS total
    FROM record WHERE prefix = 'du'
        AND json_extract(CAST(body AS TEXT), '$.status') IN ('needs_response', 'under_review', 'lost')
    GROUP BY parent
) AS dispute ON dispute.parent = json_extract(CAST(payment.body AS TEXT), '$.id')
WHERE disputed <> coalesce(total, 0)
