-- ledger_balance: what every account has, from the running totals and the entries that are unsealed yet.
SELECT account, currency, sum(debit) AS debit, sum(credit) AS credit FROM (
    SELECT account, currency, debit, credit FROM balance
    UNION ALL
    SELECT account COLLATE "C", j.currency, greatest(amount, 0), -least(amount, 0)
    FROM journal AS j, unnest(j.accounts, j.amounts) AS posting (account, amount)
    WHERE j.place >= coalesce((SELECT until FROM seal ORDER BY number DESC LIMIT 1), 0)
) AS every
GROUP BY account, currency ORDER BY currency, account
