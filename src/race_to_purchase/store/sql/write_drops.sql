-- write_drops: store drops whose version is still the one that was decided on; returns how many were.
INSERT INTO drops AS d (id, definition, opens_at, closed_at)
SELECT u.id, u.definition::jsonb, u.opens_at, u.closed_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::integer[])
     AS u (id, definition, opens_at, closed_at, version)
ON CONFLICT (id) DO UPDATE
SET definition = excluded.definition, opens_at = excluded.opens_at, closed_at = excluded.closed_at,
    version = d.version + 1
WHERE d.version = (SELECT w.version FROM unnest($1::text[], $5::integer[]) AS w (id, version) WHERE w.id = d.id)
RETURNING 1
