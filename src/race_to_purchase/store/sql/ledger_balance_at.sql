-- ledger_balance_at: what every account had by the end of $1: from the totals of the blocks that were over by then, and
-- from the entries of those that were not, or are unsealed yet.
WITH block AS MATERIALIZED (
    SELECT since, until, last_at, totals FROM seal WHERE first_at <= $1
), posting AS (
    SELECT (total ->> 1) COLLATE "C" AS account, total ->> 0 AS currency, (total ->> 2)::numeric AS debit,
           (total ->> 3)::numeric AS credit
    FROM block, jsonb_array_elements(totals) AS total WHERE last_at <= $1
    UNION ALL
    SELECT account COLLATE "C", j.currency, greatest(amount, 0), -least(amount, 0)
    FROM (
        SELECT since, until FROM block WHERE last_at > $1
        UNION ALL
        SELECT coalesce(max(until), 0), 9223372036854775807 FROM seal
    ) AS part
    JOIN journal AS j ON j.place >= part.since AND j.place < part.until AND j.at <= $1,
    unnest(j.accounts, j.amounts) AS moved (account, amount)
)
SELECT account, currency, sum(debit) AS debit, sum(credit) AS credit FROM posting
GROUP BY account, currency ORDER BY currency, account
