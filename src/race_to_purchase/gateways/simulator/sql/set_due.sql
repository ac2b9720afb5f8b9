-- When something will happen to a payment by itself; NULL for nothing.
UPDATE account SET due_at = ? WHERE intent = ?
