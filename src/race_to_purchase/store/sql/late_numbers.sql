-- late_numbers: the number of each of these tickets, in the order in which they came; who has one keeps it. Run under
-- late_lock, so that numbers have no gap.
WITH wanted AS (
    SELECT tid, min(place) AS place FROM unnest($2::bytea[]) WITH ORDINALITY AS w (tid, place) GROUP BY tid
), known AS MATERIALIZED (
    SELECT w.tid, w.place, l.number FROM wanted AS w LEFT JOIN late_comer AS l ON l.drop_id = $1::text AND l.tid = w.tid
), head AS (
    SELECT coalesce(max(number) + 1, 0) AS number FROM late_comer WHERE drop_id = $1::text
), made AS (
    INSERT INTO late_comer (drop_id, tid, number)
    SELECT $1::text, k.tid, h.number + row_number() OVER (ORDER BY k.place) - 1
    FROM known AS k, head AS h WHERE k.number IS NULL
    RETURNING tid, number
)
SELECT tid, number FROM made UNION ALL SELECT tid, number FROM known WHERE number IS NOT NULL
