-- series_write: what one process has counted since it last wrote, a row a drop.
INSERT INTO series (drop_id, at, source, counted)
SELECT u.drop_id, clock_timestamp(), $2, u.counted
FROM unnest($1::text[], $3::text[]) AS u (drop_id, counted)
