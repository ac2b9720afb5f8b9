-- guard_differs: orders whose guard counts something else than their refunds and disputes come to, or is missing.
SELECT a.id::text,
       format('pending %s, refunded %s, lost %s, %s open disputes; counted %s, %s, %s, %s', g.pending, g.refunded, g.lost,
              g.disputes, r.pending, r.refunded, d.lost, d.disputes),
       greatest(abs(coalesce(g.pending, 0) - r.pending), abs(coalesce(g.refunded, 0) - r.refunded),
                abs(coalesce(g.lost, 0) - d.lost), abs(coalesce(g.disputes, 0) - d.disputes))::bigint
FROM (
    SELECT order_id AS id FROM refundable WHERE order_id > $1::uuid AND order_id <= $2::uuid
    UNION SELECT order_id FROM refund WHERE order_id > $1::uuid AND order_id <= $2::uuid
    UNION SELECT order_id FROM dispute WHERE order_id > $1::uuid AND order_id <= $2::uuid
) AS a
LEFT JOIN refundable AS g ON g.order_id = a.id,
LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE state IN ('requested', 'sent', 'unknown')), 0) AS pending,
           coalesce(sum(amount) FILTER (WHERE state = 'done'), 0) AS refunded
    FROM refund WHERE order_id = a.id
) AS r,
LATERAL (
    SELECT coalesce(sum(lost), 0) AS lost, count(*) FILTER (WHERE state = 'open') AS disputes
    FROM dispute WHERE order_id = a.id
) AS d
WHERE (g.pending, g.refunded, g.lost, g.disputes) IS DISTINCT FROM (r.pending, r.refunded, d.lost, d.disputes)
