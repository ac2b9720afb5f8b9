-- task_without_step: tasks for an attempt that owes nothing any more, or never was.
SELECT t.id, format('a %s task, attempt is %s', t.kind, coalesce(a.state, 'missing')), 1
FROM task AS t
LEFT JOIN attempt AS a ON a.checkout_id = t.checkout_id AND a.n = t.n
WHERE t.id > $1::text AND t.id <= $2::text
  AND CASE t.kind WHEN 'deliver' THEN a.state IS DISTINCT FROM 'captured'
      WHEN 'refund' THEN NOT EXISTS (
          SELECT FROM refund AS r
          WHERE r.order_id = t.checkout_id AND r.n = t.n AND r.state IN ('requested', 'sent', 'unknown'))
      ELSE coalesce(a.state, 'declined') IN ('declined', 'captured', 'capture_failed', 'voided') END
