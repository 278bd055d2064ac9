-- Where the windows of a finished run go: a folder for each day.
CREATE TEMPORARY TABLE workflow_steps (
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  revision INT,
  workflow STRING,
  version INT,
  node STRING,
  outcome STRING,
  `variant` STRING,
  `count` BIGINT,
  contacts BIGINT,
  dt STRING
) PARTITIONED BY (dt) WITH (
  'connector' = 'filesystem',
  'path' = '${folder}',
  'format' = 'parquet',
  'parquet.compression' = 'SNAPPY',
  -- Timestamps as all readers know them, not the INT96 of old.
  'parquet.utc-timezone' = 'true',
  'parquet.write.int64.timestamp' = 'true',
  'parquet.timestamp.time.unit' = 'millis',
  -- One writer for all of a day, one day at a time.
  'sink.shuffle-by-partition.enable' = 'true'
)
