-- open_disputes: disputes that have not ended, those whose evidence is due first in front, as JSON.
SELECT coalesce(json_agg(d), '[]')::text AS disputes FROM (
    SELECT * FROM dispute WHERE state IN ('inquiry', 'open') ORDER BY due_by NULLS LAST, opened_at, gateway, id LIMIT $1
) AS d
