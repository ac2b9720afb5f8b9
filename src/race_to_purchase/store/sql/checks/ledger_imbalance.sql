-- ledger_imbalance: orders whose journal entries do not sum to zero, by currency.
SELECT j.order_id::text, format('%s %s too much', sum(amount), j.currency), abs(sum(amount))::bigint
FROM journal AS j, unnest(j.amounts) AS amount
WHERE j.order_id > $1::uuid AND j.order_id <= $2::uuid
GROUP BY j.order_id, j.currency
HAVING sum(amount) <> 0
