-- Steps by minute, workflow, node and outcome. `steps` has the step records, `happened` is their event time.
SELECT
  window_start,
  window_end,
  1 AS revision,
  workflow,
  version,
  node,
  outcome,
  `variant`,
  COUNT(*) AS `count`,
  COUNT(DISTINCT contact) AS contacts
FROM TABLE(TUMBLE(TABLE steps, DESCRIPTOR(happened), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, workflow, version, node, outcome, `variant`
