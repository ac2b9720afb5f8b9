-- Open the books of a payment.
INSERT INTO account (intent, reference, currency) VALUES (?, ?, ?)
