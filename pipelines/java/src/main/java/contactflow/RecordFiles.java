package contactflow;

import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.BasePathBucketAssigner;

/** File sinks that write exactly once: a file gets its name when the checkpoint that holds its end is complete. */
public final class RecordFiles {

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
}
