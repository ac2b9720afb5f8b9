-- write_findings: store findings whose version is still the one that was decided on; returns how many were.
INSERT INTO finding AS f (id, kind, subject, drop_id, state, repair, detail, first_seen, last_seen, seen, how, ended_at)
SELECT u.id, u.kind, u.subject, u.drop_id, u.state, u.repair, u.detail::jsonb, u.first_seen, u.last_seen, u.seen, u.how,
       u.ended_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
            $9::timestamptz[], $10::integer[], $11::text[], $12::timestamptz[], $13::integer[])
     AS u (id, kind, subject, drop_id, state, repair, detail, first_seen, last_seen, seen, how, ended_at, version)
ON CONFLICT (id) DO UPDATE
SET state = excluded.state, repair = excluded.repair, detail = excluded.detail, last_seen = excluded.last_seen,
    seen = excluded.seen, how = excluded.how, ended_at = excluded.ended_at, version = f.version + 1
WHERE f.version = (SELECT w.version FROM unnest($1::text[], $13::integer[]) AS w (id, version) WHERE w.id = f.id)
RETURNING 1
