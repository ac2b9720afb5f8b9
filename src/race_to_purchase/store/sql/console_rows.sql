-- console_rows: a drop as it stands, in one look: its row, its pools, its line, what is held and owed, gateways, and the
-- latest $2 actions of it and of all gateways. Of what is due the 1000 oldest are looked at.
WITH moment AS (SELECT clock_timestamp() AS now)
SELECT (SELECT now FROM moment) AS now, d.definition::text AS definition, d.closed_at, d.version,
       (SELECT coalesce(json_agg(p ORDER BY p.id), '[]')::text FROM pool AS p
        WHERE (p.id >= $1::text || '/item/' AND p.id < $1::text || '/item0')
           OR (p.id >= $1::text || '/promo/' AND p.id < $1::text || '/promo0')
           OR (p.id >= $1::text || '/line/' AND p.id < $1::text || '/line0')) AS pools,
       (SELECT to_json(l)::text FROM drop_line AS l WHERE l.drop_id = $1::text) AS line,
       (SELECT coalesce(max(number) + 1, 0) FROM late_comer WHERE drop_id = $1::text) AS late,
       (SELECT count(*) FILTER (WHERE state IN ('open', 'reserved', 'paying')) FROM (
           SELECT state FROM checkout
           WHERE deadline > (SELECT now FROM moment) AND deadline <= (SELECT now FROM moment) + interval '1 minute'
           ORDER BY deadline LIMIT 1000
       ) AS ahead) AS expiring,
       (SELECT count(*) FILTER (WHERE state IN ('open', 'reserved', 'paying')) FROM (
           SELECT state FROM checkout
           WHERE deadline <= (SELECT now FROM moment) AND deadline > (SELECT now FROM moment) - interval '1 minute'
           ORDER BY deadline DESC LIMIT 1000
       ) AS behind) AS overdue,
       (SELECT coalesce(json_agg(o), '[]')::text FROM (
           SELECT kind AS name, count(*) AS due,
                  extract(epoch FROM (SELECT now FROM moment) - min(due_at))::float8 AS oldest_s
           FROM (SELECT kind, due_at FROM task WHERE due_at <= (SELECT now FROM moment) ORDER BY due_at LIMIT 1000) AS t
           GROUP BY kind
           UNION ALL
           SELECT 'inbox', count(*), extract(epoch FROM (SELECT now FROM moment) - min(due_at))::float8
           FROM (SELECT due_at FROM inbox WHERE state <> 'done' AND due_at <= (SELECT now FROM moment)
                 ORDER BY due_at LIMIT 1000) AS i
           HAVING count(*) > 0
           ORDER BY 1
       ) AS o) AS owed,
       (SELECT coalesce(json_agg(g ORDER BY g.name), '[]')::text FROM gateway AS g) AS gateways,
       (SELECT coalesce(json_agg(e ORDER BY e.seq DESC), '[]')::text FROM (
           (SELECT seq, at, stream, kind, data FROM event WHERE stream = $1::text ORDER BY seq DESC LIMIT $2)
           UNION ALL
           (SELECT e.seq, e.at, e.stream, e.kind, e.data FROM gateway AS g
            CROSS JOIN LATERAL (SELECT * FROM event WHERE stream = 'gateway/' || g.name ORDER BY seq DESC LIMIT $2) AS e)
           ORDER BY seq DESC LIMIT $2
       ) AS e) AS actions
FROM drops AS d WHERE d.id = $1::text
