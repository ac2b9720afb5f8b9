-- register: append ticket ids to the list of a drop, if it is open by the database's clock; no row where it is not. The
-- line is locked for sharing, so that whoever closes it waits for what is being appended.
INSERT INTO registration (drop_id, tids)
SELECT l.drop_id, $2::bytea
FROM drop_line AS l JOIN drops AS d ON d.id = l.drop_id
WHERE l.drop_id = $1::text AND l.closed_at IS NULL AND d.closed_at IS NULL
  AND clock_timestamp() >= (d.definition -> 'door' ->> 'registration_opens_at')::timestamptz
  AND clock_timestamp() < (d.definition -> 'door' ->> 'registration_closes_at')::timestamptz
FOR SHARE OF l
RETURNING 1
