-- entry_without_order: journal entries of orders that do not exist. What a settlement file books stands for itself.
SELECT format('%s/%s', j.order_id, j.entry), format('entry is a %s', j.kind), 1
FROM journal AS j
LEFT JOIN orders AS o ON o.id = j.order_id
WHERE j.order_id > $1::uuid AND j.order_id <= $2::uuid AND o.id IS NULL AND j.kind NOT IN ('fee', 'payout')
