-- ledger_disputed: open disputes, each with the entry of the sale it is about, as JSON.
SELECT coalesce(json_agg(json_build_array(d, j)), '[]')::text AS disputed
FROM dispute AS d JOIN journal AS j ON j.order_id = d.order_id AND j.entry = 0
WHERE d.state = 'open'
