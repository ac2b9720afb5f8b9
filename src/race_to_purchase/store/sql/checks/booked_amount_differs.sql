-- booked_amount_differs: orders for which the gateway owes us, by the journal, another sum than their amount less what
-- was refunded and what disputes have taken; nothing, once they were undone.
SELECT o.id::text, format('%s %s booked instead of %s', booked, o.currency, expected), abs(booked - expected)::bigint
FROM orders AS o
JOIN journal AS sale ON sale.order_id = o.id AND sale.entry = 0 AND sale.kind = 'sale'
LEFT JOIN checkout AS c ON c.id = o.id
LEFT JOIN refundable AS g ON g.order_id = o.id,
LATERAL (
    SELECT coalesce(sum(b.amount), 0) AS booked FROM journal AS j, unnest(j.accounts, j.amounts) AS b (account, amount)
    WHERE j.order_id = o.id AND j.currency = o.currency AND b.account = 'receivable:' || o.gateway
) AS books,
LATERAL (
    SELECT coalesce(sum(d.fee + CASE WHEN d.state IN ('open', 'lost') THEN d.amount ELSE 0 END), 0) AS taken
    FROM dispute AS d WHERE d.order_id = o.id AND d.currency = o.currency
) AS disputes,
LATERAL (
    SELECT CASE WHEN c.state = 'cancelled' THEN 0 ELSE o.amount - coalesce(g.refunded, 0) - taken END AS expected
) AS wanted
WHERE o.id > $1::uuid AND o.id <= $2::uuid AND booked <> expected
