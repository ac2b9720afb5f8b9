-- ledger_parts: the places of the blocks that have entries with $1 <= at < $2, and after them the places that are
-- unsealed yet. What is open now and comes to an end meanwhile is in none of them.
SELECT since, until FROM (
    SELECT number, since, until FROM seal
    WHERE ($1::timestamptz IS NULL OR last_at >= $1) AND ($2::timestamptz IS NULL OR first_at < $2)
    UNION ALL
    SELECT 9223372036854775807, coalesce(max(until), 0), journal_place(pg_snapshot_xmax(pg_current_snapshot())) FROM seal
) AS part ORDER BY number
