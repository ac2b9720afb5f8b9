-- trial_balance: currencies in which not every debit has its credit, over the running totals and what is unsealed yet.
SELECT currency, format('debits %s, credits %s', debit, credit),
       least(abs(debit - credit), 9223372036854775807)::bigint
FROM (
    SELECT currency, sum(debit) AS debit, sum(credit) AS credit FROM (
        SELECT currency, debit, credit FROM balance
        UNION ALL
        SELECT j.currency, greatest(amount, 0), -least(amount, 0)
        FROM journal AS j, unnest(j.amounts) AS amount
        WHERE j.place >= coalesce((SELECT until FROM seal ORDER BY number DESC LIMIT 1), 0)
    ) AS every GROUP BY currency
) AS sums
WHERE debit <> credit
