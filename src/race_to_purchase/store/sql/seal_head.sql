-- seal_head: the newest block: number, hash, when it was sealed, and how many entries are sealed in all.
SELECT number, encode(hash, 'hex'), sealed_at, (SELECT sum(entries)::bigint FROM seal)
FROM seal ORDER BY number DESC LIMIT 1
