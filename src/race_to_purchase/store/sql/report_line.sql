-- report_line: what became of the line of drop $1, and how many came after its draw.
SELECT l.registered, l.cursor, l.commitment, coalesce(l.root, '') AS root, coalesce(l.seed, '') AS seed,
       coalesce(l.beacon, '') AS beacon, l.drawn_at,
       (SELECT count(*) FROM late_comer WHERE drop_id = $1::text) AS late
FROM drop_line AS l WHERE l.drop_id = $1::text
