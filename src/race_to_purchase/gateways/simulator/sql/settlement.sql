-- Movements of the balance in a range of time, the oldest first.
SELECT body FROM record
WHERE prefix = 'txn' AND created BETWEEN :since AND :until
ORDER BY created, seq
