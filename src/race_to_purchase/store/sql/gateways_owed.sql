-- gateways_owed: the gateways at which payments have been begun and not finished.
SELECT DISTINCT a.gateway
FROM task AS t
JOIN attempt AS a ON a.checkout_id = t.checkout_id AND a.n = t.n
WHERE t.kind <> 'deliver'
ORDER BY a.gateway
