-- passes_differ: pools of passes that count other than the tickets of their drop, at one moment.
SELECT p.id, format('the pool says %s passes are out, tickets say %s', p.held, t.held), abs(p.held - t.held)
FROM pool AS p JOIN drop_line AS l ON p.id = l.drop_id || '/line/passes',
LATERAL (
    SELECT coalesce(sum(held), 0) AS held FROM pool
    WHERE id >= l.drop_id || '/ticket/' AND id < l.drop_id || '/ticket0'
) AS t
WHERE p.held <> t.held
