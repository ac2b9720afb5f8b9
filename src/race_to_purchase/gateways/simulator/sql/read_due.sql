-- Payments to which something has to happen by now.
SELECT intent FROM account WHERE due_at <= ? ORDER BY due_at LIMIT ?
