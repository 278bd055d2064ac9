package contactflow;

import java.io.IOException;
import org.apache.flink.streaming.api.functions.sink.filesystem.PartFileInfo;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.CheckpointRollingPolicy;

/** Ends a file with every checkpoint, so that it can be read then, and when it gets large. */
final class RollWithCheckpoint<T> extends CheckpointRollingPolicy<T, String> {

    private static final long serialVersionUID = 1L;
    private static final long MAX_FILE_BYTES = 256 * 1024 * 1024;

    @Override
    public boolean shouldRollOnEvent(PartFileInfo<String> file, T record) throws IOException {
        return file.getSize() >= MAX_FILE_BYTES;
    }

    @Override
    public boolean shouldRollOnProcessingTime(PartFileInfo<String> file, long now) {
        return false;
    }
}
