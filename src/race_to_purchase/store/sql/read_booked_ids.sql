-- read_booked_ids: which of some orders or settlement lines have entries in the journal.
SELECT DISTINCT order_id::text AS order_id FROM journal WHERE order_id = ANY ($1::uuid[])
