-- sealed_total_differs: blocks whose totals are not the sums of the entries that are sealed in them.
SELECT s.number::text, format('%s entries with totals %s', s.entries, s.totals), 1
FROM seal AS s, LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_array(currency, account, debit, credit) ORDER BY currency COLLATE "C", account),
                    '[]') AS totals
    FROM (
        SELECT j.currency, account COLLATE "C" AS account, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit,
               coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
        FROM journal AS j, unnest(j.accounts, j.amounts) AS posting (account, amount)
        WHERE j.place >= s.since AND j.place < s.until GROUP BY 1, 2
    ) AS total
) AS f
WHERE s.number > $1::text::bigint AND s.number <= $2::text::bigint
  AND (f.totals <> s.totals OR s.entries <> length(s.leaves) / 52)
