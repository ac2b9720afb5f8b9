-- count_reserved: the rows that one drop's reservations have left behind, and how many bytes they hold.
SELECT
    (SELECT count(*) FROM checkout WHERE drop_id = $1) AS checkouts,
    (SELECT count(*) FROM idempotency WHERE scope = $2 AND status = 201) AS keys,
    (SELECT count(*) FROM pool WHERE drop_id = $1 AND kind = 'buyer' AND held = 1) AS limits,
    (SELECT count(*) FROM buyer WHERE starts_with(id, $1 || ':')) AS buyers,
    (SELECT held FROM pool WHERE id = $3) AS held,
    (SELECT capacity FROM pool WHERE id = $3) AS capacity,
    (SELECT sum(pg_column_size(c.*)) FROM checkout AS c WHERE drop_id = $1)
    + (SELECT sum(pg_column_size(k.*)) FROM idempotency AS k WHERE scope = $2)
    + (SELECT sum(pg_column_size(p.*)) FROM pool AS p WHERE drop_id = $1 AND kind = 'buyer')
    + (SELECT sum(pg_column_size(b.*)) FROM buyer AS b WHERE starts_with(id, $1 || ':')) AS bytes
