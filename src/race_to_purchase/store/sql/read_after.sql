-- read_after: what followed some orders, and the sale in the journal of each, as JSON. Nothing is locked: whoever
-- decides on these rows has locked the checkout, or finds out by its version that somebody else was faster.
SELECT (SELECT coalesce(json_agg(g), '[]') FROM refundable AS g WHERE g.order_id = ANY ($1::uuid[]))::text AS guards,
       (SELECT coalesce(json_agg(r), '[]') FROM refund AS r WHERE r.order_id = ANY ($1::uuid[]))::text AS refunds,
       (SELECT coalesce(json_agg(d), '[]') FROM dispute AS d WHERE d.order_id = ANY ($1::uuid[]))::text AS disputes,
       (SELECT coalesce(json_agg(json_build_object('sale', j, 'entries', e.entries)), '[]')
        FROM journal AS j,
        LATERAL (SELECT max(entry) + 1 AS entries FROM journal AS one WHERE one.order_id = j.order_id) AS e
        WHERE j.order_id = ANY ($1::uuid[]) AND j.entry = 0)::text AS booked
