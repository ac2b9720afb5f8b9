-- What processes that do not lead a line suffer from: {"latency_ms": …, "error_share": …}, for the leader's next decision.
ALTER TABLE drop_line ADD COLUMN load jsonb;
