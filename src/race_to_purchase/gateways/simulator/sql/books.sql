-- The money of each of the shop's references, in their order, from a cursor on.
SELECT reference, currency, count(*), sum(authorized), sum(held), sum(captured), sum(refunded), sum(disputed),
    json_group_array(intent)
FROM account
WHERE (reference, currency) > (:after, :after_currency) AND reference >= :first AND reference <= :last
GROUP BY reference, currency ORDER BY reference, currency LIMIT :limit
