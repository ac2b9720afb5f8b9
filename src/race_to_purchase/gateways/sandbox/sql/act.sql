-- act: the buyer has done what a payment waited for, and its method says how that ends; gives the state it is in then.
UPDATE sandbox.payment
SET state = $2, decline_code = $3
WHERE ref = $1 AND state = 'action_required'
RETURNING state
