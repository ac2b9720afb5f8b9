-- seal_chain_broken: blocks that do not follow the one before, or whose hash is not that of what stands in them.
SELECT s.number::text, CASE
    WHEN p.number IS NULL AND s.number > 1 THEN 'the block before is missing'
    WHEN s.previous <> coalesce(p.hash, '') THEN 'does not carry the hash of the block before'
    WHEN s.since <> coalesce(p.until, 0) THEN 'does not begin where the block before ends'
    ELSE 'its hash is not that of its content'
END, 1
FROM seal AS s LEFT JOIN seal AS p ON p.number = s.number - 1
WHERE s.number > $1::text::bigint AND s.number <= $2::text::bigint
  AND ((p.number IS NULL AND s.number > 1) OR s.previous <> coalesce(p.hash, '')
       OR s.since <> coalesce(p.until, 0) OR s.hash <> seal_hash(s))
