-- registrations_write: the list of a drop, sorted and each ticket once, in rows of one size.
INSERT INTO registration (drop_id, part, tids)
SELECT $1::text, part - 1, tids FROM unnest($2::bytea[]) WITH ORDINALITY AS t (tids, part)
