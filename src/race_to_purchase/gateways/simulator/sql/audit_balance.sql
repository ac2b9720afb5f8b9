-- Currencies in which the movements of the balance do not add up to what the payments hold.
SELECT currency, total, moved FROM (
    SELECT currency, sum(captured - refunded - disputed) AS total FROM account GROUP BY currency
) LEFT JOIN (
    SELECT json_extract(CAST(body AS TEXT), '$.currency') AS moved_in,
        sum(json_extract(CAST(body AS TEXT), '$.amount')) AS moved
    FROM record WHERE prefix = 'txn' GROUP BY moved_in
) ON moved_in = currency
WHERE total <> coalesce(moved, 0)
