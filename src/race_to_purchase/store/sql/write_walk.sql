-- write_walk: remember how far a walk of reconciliation has come.
INSERT INTO walk (name, reached, at) VALUES ($1, $2, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET reached = excluded.reached, at = excluded.at
