-- sealed_entry_changed: journal entries that are not as they were sealed: changed, removed, or inserted afterwards.
-- The leaves of a block are compared as a whole, and taken apart only where they differ. A leaf is 52 bytes: 16 of the
-- order's id, 4 of the entry's number, and the hash.
WITH differing AS MATERIALIZED (
    SELECT s.number, s.leaves AS sealed, f.leaves AS found
    FROM seal AS s, LATERAL (
        SELECT coalesce(string_agg(leaf, '' ORDER BY leaf), '') AS leaves
        FROM (SELECT journal_leaf(j) AS leaf FROM journal AS j WHERE place >= s.since AND place < s.until) AS entry
    ) AS f
    WHERE s.number > $1::text::bigint AND s.number <= $2::text::bigint AND f.leaves <> s.leaves
), leaf AS MATERIALIZED (
    SELECT number, side.name, substring(side.leaves FROM i * 52 + 1 FOR 20) AS id,
           substring(side.leaves FROM i * 52 + 21 FOR 32) AS hash
    FROM differing, LATERAL (VALUES ('sealed', sealed), ('found', found)) AS side (name, leaves),
         generate_series(0, length(side.leaves) / 52 - 1) AS i
), entry AS (
    SELECT number, id, string_agg(hash, '') FILTER (WHERE name = 'sealed') AS sealed,
           string_agg(hash, '') FILTER (WHERE name = 'found') AS found
    FROM leaf GROUP BY number, id
)
SELECT format('%s/%s', encode(substring(id FOR 16), 'hex')::uuid, get_byte(id, 16) << 24 | get_byte(id, 17) << 16
                                                                 | get_byte(id, 18) << 8 | get_byte(id, 19)),
       format('block %s: %s', number, CASE WHEN found IS NULL THEN 'removed' WHEN sealed IS NULL THEN 'inserted'
                                           ELSE 'changed' END), 1
FROM entry WHERE sealed IS DISTINCT FROM found
ORDER BY number, id
