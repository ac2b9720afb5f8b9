-- Idempotency keys that made two payments within a day.
SELECT json_extract(CAST(body AS TEXT), '$.request.idempotency_key') AS key, count(*)
FROM record
WHERE prefix = 'evt' AND label = 'payment_intent.created' AND key IS NOT NULL
GROUP BY key HAVING count(*) > 1 AND max(created) - min(created) < 86400
