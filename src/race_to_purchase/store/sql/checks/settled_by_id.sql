-- settled_by_id: what the books say of some orders at the gateway $2, and how much less it owes for each since.
SELECT o.id::text, o.gateway_ref, o.amount, o.currency, coalesce(a.state = 'captured', false), o.placed_at,
       since.refunded, since.disputed, coalesce(r.pending, 0)
FROM orders AS o
LEFT JOIN attempt AS a ON a.checkout_id = o.id AND a.n = o.attempt_n
LEFT JOIN refundable AS r ON r.order_id = o.id,
LATERAL (
    SELECT coalesce(-sum(b.amount) FILTER (WHERE j.kind LIKE 'refund%'), 0)::bigint AS refunded,
           coalesce(-sum(b.amount) FILTER (WHERE j.kind LIKE 'dispute%'), 0)::bigint AS disputed
    FROM journal AS j, unnest(j.accounts, j.amounts) AS b (account, amount)
    WHERE j.order_id = o.id AND b.account = 'receivable:' || o.gateway
) AS since
WHERE o.id = ANY ($1::uuid[]) AND o.gateway = $2
