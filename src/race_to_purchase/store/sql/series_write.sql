-- series_write: what one process had counted at a time since it last wrote, a row a drop.
INSERT INTO series (drop_id, at, source, counted)
SELECT u.drop_id, $4, $2, u.counted
FROM unnest($1::text[], $3::text[]) AS u (drop_id, counted)
