-- read_drops: the definitions of some drops.
SELECT id, definition::text AS definition, closed_at, version FROM drops WHERE id = ANY ($1::text[])
