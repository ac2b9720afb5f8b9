-- all_gateways: what the operator did with gateways.
SELECT name, drained_at, why, by FROM gateway ORDER BY name
