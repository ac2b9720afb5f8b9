-- void: give up authorizations; a payment in any other state stays as it is.
UPDATE sandbox.payment
SET state = 'voided'
WHERE ref = ANY ($1::text[]) AND state IN ('authorized', 'lapsed')
RETURNING ref
