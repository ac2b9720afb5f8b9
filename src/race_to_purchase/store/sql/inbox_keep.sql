-- inbox_keep: store gateways' messages; which of them are new. In the order of their ids, so that two processes that are
-- sent the same messages wait for each other in one direction only.
INSERT INTO inbox (id, gateway, kind, ref, reference, created_at, data, body)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::bytea[]
) AS message (id) ORDER BY message.id COLLATE "C"
ON CONFLICT (id) DO NOTHING
RETURNING id
