-- registrations_closed: the line of a drop whose list is closed and not yet published, locked; no row otherwise.
SELECT 1 FROM drop_line WHERE drop_id = $1::text AND closed_at IS NOT NULL AND registered IS NULL FOR UPDATE
