-- range_seal: the last of the next seal blocks after number $1 that have some $2 entries together, one block at least.
SELECT number::text FROM (
    SELECT number, sum(entries) OVER (ORDER BY number) - entries AS before
    FROM (SELECT number, entries FROM seal WHERE number > $1::text::bigint ORDER BY number LIMIT 1000) AS following
) AS next
WHERE before < $2::bigint ORDER BY number DESC LIMIT 1
