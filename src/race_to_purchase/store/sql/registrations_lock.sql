-- registrations_lock: the same, and nobody else writes it anew until the transaction ends; no row where somebody does.
SELECT 1 FROM drop_line WHERE drop_id = $1::text AND closed_at IS NOT NULL AND registered IS NULL FOR UPDATE SKIP LOCKED
