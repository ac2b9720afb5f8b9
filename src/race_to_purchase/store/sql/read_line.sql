-- read_line: lines of the drops $1, passes of the tickets $3 in the drops $2, and grants $5 of the drops $4, as JSON.
-- Nothing is locked: whoever decides on these rows finds out by a version that somebody else was faster.
SELECT (SELECT coalesce(json_agg(l), '[]') FROM drop_line AS l WHERE l.drop_id = ANY ($1::text[]))::text AS lines,
       (SELECT coalesce(json_agg(p), '[]') FROM pass AS p
        JOIN unnest($2::text[], $3::text[]) AS wanted (drop_id, tid) USING (drop_id, tid))::text AS passes,
       (SELECT coalesce(json_agg(g), '[]') FROM line_grant AS g
        JOIN unnest($4::text[], $5::text[]) AS wanted (drop_id, id) USING (drop_id, id))::text AS grants
