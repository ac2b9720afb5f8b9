-- void: give up authorizations; a payment in any other state stays as it is.
UPDATE sandbox.payment
SET state = 'voided'
WHERE ref = ANY ($1::text[]) AND state IN ('action_required', 'authorized', 'lapsed')
RETURNING ref
