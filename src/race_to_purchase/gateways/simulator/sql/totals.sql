-- The money of all payments, by currency.
SELECT currency, count(*), sum(authorized), sum(held), sum(captured), sum(refunded), sum(disputed)
FROM account GROUP BY currency ORDER BY currency
