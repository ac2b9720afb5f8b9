-- console_actions: the latest $2 actions of a drop and of all gateways, the newest first.
SELECT seq, at, stream, kind, data::text AS data FROM (
    (SELECT seq, at, stream, kind, data FROM event WHERE stream = $1::text ORDER BY seq DESC LIMIT $2)
    UNION ALL
    (SELECT e.seq, e.at, e.stream, e.kind, e.data FROM gateway AS g
     CROSS JOIN LATERAL (SELECT * FROM event WHERE stream = 'gateway/' || g.name ORDER BY seq DESC LIMIT $2) AS e)
) AS e ORDER BY seq DESC LIMIT $2
