-- ledger_export: postings of the places from $1 to before $2, with $3 <= at < $4, of the drop $5 and of the seller $6
-- where these are given. Receivables, fees and payouts are no seller's; a payout is no drop's either.
SELECT j.at, j.order_id::text, j.entry, j.kind, coalesce(o.drop_id, '') AS drop_id, posting.account, j.currency,
       posting.amount
FROM journal AS j
LEFT JOIN orders AS o ON o.id = j.order_id,
unnest(j.accounts, j.amounts) WITH ORDINALITY AS posting (account, amount, line)
WHERE j.place >= $1 AND j.place < $2
  AND ($3::timestamptz IS NULL OR j.at >= $3) AND ($4::timestamptz IS NULL OR j.at < $4)
  AND ($5::text IS NULL OR o.drop_id = $5)
  AND ($6::text IS NULL OR (split_part(posting.account, ':', 1) IN ('revenue', 'tax', 'refunds', 'disputes')
                            AND split_part(posting.account, ':', 2) = $6))
ORDER BY j.place, j.order_id, j.entry, posting.line
