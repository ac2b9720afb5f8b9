-- tasks_due: steps that are due, by kind, and for how long the oldest has been; the $1 oldest are looked at.
SELECT kind, count(*) AS due, extract(epoch FROM clock_timestamp() - min(due_at))::float8 AS oldest_s
FROM (SELECT kind, due_at FROM task WHERE due_at <= (SELECT clock_timestamp()) ORDER BY due_at LIMIT $1) AS late
GROUP BY kind ORDER BY kind
