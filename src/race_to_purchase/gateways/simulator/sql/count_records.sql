-- How many objects there are of each kind.
SELECT prefix, count(*) FROM record GROUP BY prefix
