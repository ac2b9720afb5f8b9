-- read_findings: some findings of reconciliation.
SELECT id, kind, subject, drop_id, state, repair, detail::text AS detail, first_seen, last_seen, seen, how, ended_at,
       version
FROM finding WHERE id = ANY ($1::text[])
