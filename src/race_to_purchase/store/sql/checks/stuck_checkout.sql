-- stuck_checkout: checkouts that nobody ended though their deadline passed $3 seconds ago.
SELECT id::text, format('%s since its deadline at %s', state, deadline), 1
FROM checkout
WHERE id > $1::uuid AND id <= $2::uuid AND state IN ('open', 'reserved', 'paying')
  AND deadline < clock_timestamp() - make_interval(secs => $3)
