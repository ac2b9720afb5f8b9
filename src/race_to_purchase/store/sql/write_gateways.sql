-- write_gateways: what the operator did with gateways; one that is drained again keeps the time of the first draining.
INSERT INTO gateway AS g (name, drained_at, why, by)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[])
ON CONFLICT (name) DO UPDATE
SET drained_at = CASE WHEN excluded.drained_at IS NOT NULL THEN coalesce(g.drained_at, excluded.drained_at) END,
    why = excluded.why, by = excluded.by
