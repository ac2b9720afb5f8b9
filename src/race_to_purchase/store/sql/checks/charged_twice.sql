-- charged_twice: checkouts for which the gateway captured more than one payment and has not paid all but one back.
SELECT a.checkout_id::text, format('payments %s', string_agg(p.ref, ', ' ORDER BY a.n)), count(*) - 1
FROM attempt AS a
JOIN sandbox.payment AS p ON p.ref = CASE a.gateway WHEN 'sandbox' THEN 'sbx_' ELSE 'sbx-' || a.gateway || '_' END || a.key
WHERE a.checkout_id > $1::uuid AND a.checkout_id <= $2::uuid AND p.captured > p.refunded
GROUP BY a.checkout_id
HAVING count(*) > 1
