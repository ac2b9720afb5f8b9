-- authorize: write new payments and give the refs of those that are new; an existing one stays as it is.
INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state, decline_code)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
ON CONFLICT (ref) DO NOTHING
RETURNING ref
