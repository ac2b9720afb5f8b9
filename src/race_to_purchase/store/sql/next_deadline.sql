-- next_deadline: when the next reservation of a drop may lapse. The clock is asked in a query of its own, since a
-- condition on a volatile function cannot use an index.
SELECT deadline FROM checkout
WHERE deadline > (SELECT clock_timestamp()) AND drop_id = $1 AND state IN ('reserved', 'paying')
ORDER BY deadline LIMIT 1
