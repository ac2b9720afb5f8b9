-- read_checkout: one checkout.
SELECT id::text AS id, drop_id, buyer, state, quote, claims::text AS claims, deadline, created_at, fence, live_n,
       version
FROM checkout WHERE id = $1::uuid
