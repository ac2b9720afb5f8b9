-- draw_bent: draws whose secret is not the one committed to, or whose seed is not made of secret and beacon.
SELECT drop_id, 'commitment, secret, beacon and seed do not belong together', 1
FROM drop_line
WHERE seed IS NOT NULL AND (
    commitment <> encode(sha256(decode(secret, 'hex')), 'hex')
    OR seed <> encode(sha256('seed'::bytea || decode(secret, 'hex') || decode(coalesce(beacon, ''), 'hex')), 'hex')
)
