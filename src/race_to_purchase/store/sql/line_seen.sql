-- line_seen: all that everybody is told of one line, in one look: its row, its drop, the stock, the passes and how many
-- have come late.
SELECT to_json(l)::text AS line, d.definition, d.closed_at, d.version,
       (SELECT coalesce(max(number) + 1, 0) FROM late_comer WHERE drop_id = $1::text) AS late, now() AS now,
       (SELECT json_agg(p)::text FROM pool AS p
        WHERE (p.id >= $1::text || '/item/' AND p.id < $1::text || '/item0')
           OR (p.id >= $1::text || '/line/' AND p.id < $1::text || '/line0')) AS pools
FROM drop_line AS l JOIN drops AS d ON d.id = l.drop_id
WHERE l.drop_id = $1::text
