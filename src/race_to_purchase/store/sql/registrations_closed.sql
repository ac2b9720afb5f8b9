-- registrations_closed: whether the list of a drop is closed and not yet published.
SELECT 1 FROM drop_line WHERE drop_id = $1::text AND closed_at IS NOT NULL AND registered IS NULL
