-- late_lock: one process at a time numbers the late comers of a drop, until its transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('late comers of ' || $1::text, 0))
