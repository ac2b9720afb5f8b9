-- read_history: the histories of a checkout and of its attempts, as JSON lines.
SELECT history FROM checkout WHERE id = $1::uuid
UNION ALL
(SELECT history FROM attempt WHERE checkout_id = $1::uuid ORDER BY n)
