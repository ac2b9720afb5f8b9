-- range_aftersale: the last of the next $2 orders after $1 that something followed, so that checks can read them range
-- by range.
SELECT id::text FROM (
    (SELECT order_id AS id FROM refundable WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2)
    UNION (SELECT order_id FROM refund WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2)
    UNION (SELECT order_id FROM dispute WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2)
    ORDER BY id LIMIT $2
) AS next
ORDER BY id DESC LIMIT 1
