-- pass_without_row: tickets with a pass that is out, and that nothing will ever end.
SELECT t.id, format('%s passes are out, and no row says until when', t.held), t.held
FROM pool AS t
LEFT JOIN pass AS p ON p.drop_id = t.drop_id AND t.id = p.drop_id || '/ticket/' || p.tid
WHERE t.id > $1::text AND t.id <= $2::text AND t.kind = 'ticket' AND t.held > 0 AND (p.tid IS NULL OR t.held > 1)
