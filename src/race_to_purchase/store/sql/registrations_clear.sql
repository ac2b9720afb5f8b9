-- registrations_clear: take the list of a drop away, before it is written anew in the same transaction.
DELETE FROM registration WHERE drop_id = $1::text
