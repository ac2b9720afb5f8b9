-- write_events: append to the history of drops and operators.
INSERT INTO event (at, stream, kind, data)
SELECT u.at, u.stream, u.kind, u.data::jsonb
FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[]) AS u (at, stream, kind, data)
