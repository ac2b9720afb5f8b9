-- report_postings: what was booked for the orders of drop $3 after $1 and up to $2, by account and kind of entry.
SELECT j.kind, posting.account, j.currency, sum(posting.amount)::bigint AS amount
FROM journal AS j
JOIN orders AS o ON o.id = j.order_id,
unnest(j.accounts, j.amounts) AS posting (account, amount)
WHERE j.order_id > $1::uuid AND j.order_id <= $2::uuid AND o.drop_id = $3::text
GROUP BY j.kind, posting.account, j.currency
