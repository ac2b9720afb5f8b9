-- sold_pieces: how many pieces of each item the orders of a range promise, and the number of those orders. Orders that
-- were undone promise nothing.
SELECT o.drop_id, line ->> 'item' AS item, sum((line ->> 'quantity')::bigint)::bigint AS pieces,
       count(*) FILTER (WHERE first) AS orders
FROM orders AS o
JOIN checkout AS c ON c.id = o.id,
LATERAL (
    SELECT line, ordinality = 1 AS first FROM jsonb_array_elements(c.quote::jsonb -> 'lines') WITH ORDINALITY AS l (line)
) AS lines
WHERE o.id > $1::uuid AND o.id <= $2::uuid AND c.state IN ('paid', 'fulfilled')
GROUP BY o.drop_id, item
