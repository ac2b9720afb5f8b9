-- all_drops: every drop, the newest opening first.
SELECT id, definition::text AS definition, closed_at, version FROM drops ORDER BY opens_at DESC, id
