-- seal_block: seal the next entries, at least $1 of them where there are as many, always whole transactions; how many.
-- Run alone, under seal_lock, by a statement of its own: its snapshot sees all that is below its horizon.
WITH last AS (
    SELECT number, until, hash FROM seal ORDER BY number DESC LIMIT 1
), start AS (
    SELECT coalesce((SELECT number FROM last), 0) + 1 AS number, coalesce((SELECT until FROM last), 0) AS since,
           coalesce((SELECT hash FROM last), '') AS previous,
           journal_place(pg_snapshot_xmin(pg_current_snapshot())) AS horizon
), waiting AS MATERIALIZED (
    SELECT place FROM journal
    WHERE place >= (SELECT since FROM start) AND place < (SELECT horizon FROM start)
    ORDER BY place LIMIT $1
), finish AS (
    SELECT CASE WHEN count(*) < $1 THEN (SELECT horizon FROM start) ELSE max(place) + 1 END AS until FROM waiting
), sealing AS MATERIALIZED (
    SELECT j.at, j.currency, j.accounts, j.amounts, journal_leaf(j) AS leaf FROM journal AS j
    WHERE place >= (SELECT since FROM start) AND place < (SELECT until FROM finish) AND EXISTS (SELECT FROM waiting)
), total AS MATERIALIZED (
    SELECT currency, account COLLATE "C" AS account, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit,
           coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
    FROM sealing, unnest(accounts, amounts) AS posting (account, amount)
    GROUP BY 1, 2
), block AS (
    SELECT start.number, start.since, finish.until, clock_timestamp() AS sealed_at, min(at) AS first_at,
           max(at) AS last_at, count(*) AS entries,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(currency, account, debit, credit)
                                      ORDER BY currency COLLATE "C", account), '[]') FROM total) AS totals,
           string_agg(leaf, '' ORDER BY leaf) AS leaves, start.previous
    FROM sealing, start, finish
    GROUP BY start.number, start.since, finish.until, start.previous
), sealed AS (
    INSERT INTO seal (number, since, until, sealed_at, first_at, last_at, entries, totals, leaves, previous, hash)
    SELECT block.*, seal_hash(ROW (block.*, ''::bytea)::seal) FROM block
), moved AS (
    INSERT INTO balance AS b (account, currency, debit, credit)
    SELECT account, currency, debit, credit FROM total ORDER BY account, currency
    ON CONFLICT (account, currency) DO UPDATE SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit
)
SELECT count(*) FROM sealing
