-- console_entries: the postings of an order.
SELECT order_id::text AS order_id, entry, kind, at, currency, accounts, amounts
FROM journal WHERE order_id = $1::uuid ORDER BY entry
