-- Owe the merchant a message.
INSERT INTO delivery (event, subject, form, state, due_at) VALUES (?, ?, ?, ?, ?)
