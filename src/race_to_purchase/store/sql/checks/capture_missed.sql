-- capture_missed: attempts whose money was not taken before the gateway let their authorization go.
SELECT format('%s/%s', checkout_id, n), format('was to be captured before %s', capture_before), amount
FROM attempt
WHERE checkout_id > $1::uuid AND checkout_id <= $2::uuid AND state = 'committed'
  AND capture_before < clock_timestamp()
