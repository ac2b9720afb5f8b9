-- report_checkouts: what came of the checkouts of drop $3 after $1 and up to $2.
SELECT c.state, c.quote, c.history, c.live_n, o.id IS NOT NULL AS ordered, coalesce(a.state, '') AS attempt
FROM checkout AS c
LEFT JOIN orders AS o ON o.id = c.id
LEFT JOIN attempt AS a ON a.checkout_id = c.id AND a.n = o.attempt_n
WHERE c.id > $1::uuid AND c.id <= $2::uuid AND c.drop_id = $3::text
