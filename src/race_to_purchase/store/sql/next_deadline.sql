-- next_deadline: when the next reservation of a drop may lapse.
SELECT deadline FROM checkout
WHERE deadline > clock_timestamp() AND drop_id = $1 AND state IN ('reserved', 'paying')
ORDER BY deadline LIMIT 1
