-- order_without_sale: orders without the journal entry of their sale.
SELECT o.id::text, 'no entry 0 of kind sale', o.amount
FROM orders AS o
LEFT JOIN journal AS j ON j.order_id = o.id AND j.entry = 0 AND j.kind = 'sale'
WHERE o.id > $1::uuid AND o.id <= $2::uuid AND j.order_id IS NULL
