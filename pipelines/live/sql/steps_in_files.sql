-- The step records of a finished run. `happened` is their event time, by which windows are made.
CREATE TEMPORARY TABLE steps (
  contact STRING,
  workflow STRING,
  version INT,
  node STRING,
  outcome STRING,
  `variant` STRING,
  ts BIGINT,
  happened AS TO_TIMESTAMP_LTZ(ts, 3),
  WATERMARK FOR happened AS happened
) WITH (
  'connector' = 'filesystem',
  'path' = '${folder}',
  'format' = 'json'
)
