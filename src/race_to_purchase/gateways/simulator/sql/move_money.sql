-- Add to, or take from, the books of a payment; the checks refuse what cannot be.
UPDATE account
SET authorized = authorized + :authorized, held = held + :held, captured = captured + :captured,
    refunded = refunded + :refunded, disputed = disputed + :disputed
WHERE intent = :intent
