-- duplicate_orders: checkouts for which money was taken by more than one attempt.
SELECT checkout_id::text, format('attempts %s', string_agg(n::text, ', ' ORDER BY n)), count(*) - 1
FROM attempt
WHERE checkout_id > $1::uuid AND checkout_id <= $2::uuid AND state IN ('authorized', 'committed', 'captured')
GROUP BY checkout_id
HAVING count(*) > 1
