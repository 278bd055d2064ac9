package contactflow;

import java.time.LocalDate;
import java.util.Map;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.streaming.api.functions.sink.filesystem.BucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.BasePathBucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.SimpleVersionedStringSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hadoop.conf.Configuration;

/** File sinks that write exactly once: a file gets its name when the checkpoint that holds its end is complete. */
public final class RecordFiles {

    private static final Map<String, String> PARQUET =
            Map.of(
                    "parquet.compression", "SNAPPY",
                    // Timestamps as all readers know them, not the INT96 of old.
                    "parquet.write.int64.timestamp", "true",
                    "parquet.timestamp.time.unit", "millis");

    private RecordFiles() {}

    /**
     * JSON lines, in files whose names end in {@code .jsonl} once they are complete.
     *
     * @param folder address of the folder
     * @param after see {@link PartNames}
     */
    public static FileSink<Tuple2<String, byte[]>> lines(String folder, long after) {
        BulkWriter.Factory<Tuple2<String, byte[]>> writer = LineWriter::new;
        return FileSink.forBulkFormat(new Path(folder), writer)
                .withBucketAssigner(new BasePathBucketAssigner<>())
                .withRollingPolicy(new RollWithCheckpoint<>())
                .withOutputFileConfig(new PartNames(".jsonl", after))
                .build();
    }

    /**
     * Parquet, in a folder for each day of the first column, a timestamp: {@code dt=2026-11-20/part-….parquet}.
     *
     * @param folder address of the folder
     * @param rows the columns
     * @param after see {@link PartNames}
     */
    public static FileSink<RowData> days(String folder, LogicalType rows, long after) {
        Configuration settings = new Configuration(false);
        PARQUET.forEach(settings::set);
        return FileSink.forBulkFormat(
                        new Path(folder), ParquetRowDataBuilder.createWriterFactory((RowType) rows, settings, true))
                .withBucketAssigner(new ByDay())
                .withRollingPolicy(new RollWithCheckpoint<>())
                .withOutputFileConfig(new PartNames(".parquet", after))
                .build();
    }

    private static final class ByDay implements BucketAssigner<RowData, String> {
        private static final long serialVersionUID = 1L;
        private static final long DAY_MS = 86_400_000;

        @Override
        public String getBucketId(RowData row, Context context) {
            return "dt=" + LocalDate.ofEpochDay(Math.floorDiv(row.getTimestamp(0, 3).getMillisecond(), DAY_MS));
        }

        @Override
        public SimpleVersionedSerializer<String> getSerializer() {
            return SimpleVersionedStringSerializer.INSTANCE;
        }
    }
}
