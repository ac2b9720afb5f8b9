-- lines_unended: drops with a line that has not ended; a row a drop, of which there are few.
SELECT l.drop_id FROM drop_line AS l JOIN drops AS d ON d.id = l.drop_id
WHERE d.closed_at IS NULL
  AND (d.definition ->> 'closes_at' IS NULL OR (d.definition ->> 'closes_at')::timestamptz > now())
ORDER BY l.drop_id
