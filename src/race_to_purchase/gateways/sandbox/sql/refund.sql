-- refund: pay back a part of what was captured, and give the ref, or nothing where that is not possible. A second
-- refund under the same key raises a unique violation, which undoes both halves.
WITH paid_back AS (
    UPDATE sandbox.payment
    SET refunded = refunded + $3
    WHERE ref = $2 AND state = 'captured' AND captured - refunded >= $3
    RETURNING ref
)
INSERT INTO sandbox.refund (key, ref, amount)
SELECT $1, ref, $3 FROM paid_back
RETURNING ref
