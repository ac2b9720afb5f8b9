-- ticket_used: how many passes the ticket with the pool $1 has had, and the checkouts that they were used for.
SELECT p.capacity, array(SELECT c.id::text FROM checkout AS c WHERE c.claims ->> 'ticket' = $1::text) AS checkouts
FROM pool AS p
WHERE p.id = $1::text
