-- write: new payments, and captures of authorized ones; gives the refs of those that are new, and of those whose money
-- was taken now. Every other payment stays as it is.
WITH made AS (
    INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state, decline_code)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
    ON CONFLICT (ref) DO NOTHING
    RETURNING ref
), taken AS (
    UPDATE sandbox.payment AS p
    SET state = 'captured', captured = c.amount, capture_key = c.key, captured_at = now()
    FROM unnest($8::text[], $9::bigint[], $10::text[]) AS c (ref, amount, key)
    WHERE p.ref = c.ref AND p.state = 'authorized' AND c.amount BETWEEN 0 AND p.amount
    RETURNING p.ref
)
SELECT ARRAY(SELECT ref FROM made) AS made, ARRAY(SELECT ref FROM taken) AS taken
