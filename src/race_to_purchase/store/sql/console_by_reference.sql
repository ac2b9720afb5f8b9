-- console_by_reference: the latest $3 attempts with a gateway's reference, or with a key at a gateway, begun since $2;
-- found by the age of blocks.
SELECT checkout_id::text AS checkout_id FROM attempt
WHERE began_at >= $2 AND (gateway_ref = $1 OR key = $1) ORDER BY began_at DESC LIMIT $3
