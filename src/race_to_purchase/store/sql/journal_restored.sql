-- journal_restored: in a database that was restored elsewhere transactions are counted from the beginning again; put
-- the places of those to come behind the places of those that were. Nothing is written by anybody meanwhile.
DO $$
DECLARE
    behind bigint := (SELECT coalesce(max(until), 0) FROM seal);
    here bigint := journal_place(pg_current_xact_id());
BEGIN
    IF here < behind THEN
        behind := greatest(behind, (SELECT max(place) + 1 FROM journal));
        EXECUTE format('CREATE OR REPLACE FUNCTION journal_place(xid8) RETURNS bigint
            LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1::text::bigint + %s', behind);
    END IF;
END $$
