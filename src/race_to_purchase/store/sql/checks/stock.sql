-- stock: how many pieces of each item there are to be sold.
SELECT d.id, item ->> 'id' AS item, (item ->> 'stock')::bigint AS stock
FROM drops AS d, jsonb_array_elements(d.definition -> 'items') AS item
