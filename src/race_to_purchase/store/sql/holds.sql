-- holds: of the $1 deadlines next to now, how many live checkouts end within a minute, and how many should have ended
-- within the last one.
WITH moment AS (SELECT clock_timestamp() AS now)
SELECT (SELECT count(*) FILTER (WHERE state IN ('open', 'reserved', 'paying')) FROM (
           SELECT state FROM checkout
           WHERE deadline > (SELECT now FROM moment) AND deadline <= (SELECT now FROM moment) + interval '1 minute'
           ORDER BY deadline LIMIT $1
       ) AS ahead) AS expiring,
       (SELECT count(*) FILTER (WHERE state IN ('open', 'reserved', 'paying')) FROM (
           SELECT state FROM checkout
           WHERE deadline <= (SELECT now FROM moment) AND deadline > (SELECT now FROM moment) - interval '1 minute'
           ORDER BY deadline DESC LIMIT $1
       ) AS behind) AS overdue
