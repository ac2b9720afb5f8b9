-- The shop's reference of a payment.
SELECT reference FROM account WHERE intent = ?
