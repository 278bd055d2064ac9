package contactflow;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Reads files of JSON lines one after the other, so that the order of each contact's events is that of the files.
 *
 * <p>There is one split, the position in the list, hence one reader: the order is worth more here than a second reader.
 * The offset of an event is the number of its line, from 1; its partition is the number of its file, from 0.
 */
public final class EventFiles
        implements Source<Tuple4<String, byte[], Integer, Long>, FilePosition, Boolean>,
                ResultTypeQueryable<Tuple4<String, byte[], Integer, Long>> {

    private static final long serialVersionUID = 1L;

    /** What is longer is cut: it is a dead letter in any case, and must not fill the memory. */
    static final int MAX_LINE_BYTES = 4 * 1024 * 1024;

    private final ArrayList<String> files;
    private final ContactKey key;

    /**
     * @param files addresses of the files, in the order in which to read them
     * @param joined see {@link ContactKey}
     */
    public EventFiles(List<String> files, byte[] joined) throws IOException {
        this.files = new ArrayList<>(files);
        this.key = new ContactKey(joined);
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.BOUNDED;
    }

    @Override
    public TypeInformation<Tuple4<String, byte[], Integer, Long>> getProducedType() {
        return Wire.EVENT;
    }

    @Override
    public SourceReader<Tuple4<String, byte[], Integer, Long>, FilePosition> createReader(SourceReaderContext context) {
        return new EventFilesReader(files.stream().map(Path::new).toList(), key);
    }

    @Override
    public SplitEnumerator<FilePosition, Boolean> createEnumerator(SplitEnumeratorContext<FilePosition> context) {
        return new OneSplit(context, FilePosition.START);
    }

    @Override
    public SplitEnumerator<FilePosition, Boolean> restoreEnumerator(
            SplitEnumeratorContext<FilePosition> context, Boolean assigned) {
        return new OneSplit(context, assigned ? null : FilePosition.START);
    }

    @Override
    public SimpleVersionedSerializer<FilePosition> getSplitSerializer() {
        return FilePosition.SERIALIZER;
    }

    @Override
    public SimpleVersionedSerializer<Boolean> getEnumeratorCheckpointSerializer() {
        return new AssignedSerializer();
    }

    /** Gives the split to the first reader that comes; after a failure the split comes back with its position. */
    private static final class OneSplit implements SplitEnumerator<FilePosition, Boolean> {
        private final SplitEnumeratorContext<FilePosition> context;
        private FilePosition waiting;

        OneSplit(SplitEnumeratorContext<FilePosition> context, FilePosition waiting) {
            this.context = context;
            this.waiting = waiting;
        }

        @Override
        public void start() {}

        @Override
        public void addReader(int subtask) {
            if (waiting != null) {
                context.assignSplit(waiting, subtask);
                waiting = null;
            }
            context.signalNoMoreSplits(subtask);
        }

        @Override
        public void handleSplitRequest(int subtask, String host) {}

        @Override
        public void addSplitsBack(List<FilePosition> splits, int subtask) {
            waiting = splits.isEmpty() ? waiting : splits.get(0);
        }

        @Override
        public Boolean snapshotState(long checkpointId) {
            return waiting == null;
        }

        @Override
        public void close() {}
    }

    private static final class AssignedSerializer implements SimpleVersionedSerializer<Boolean> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(Boolean assigned) {
            return new byte[] {(byte) (assigned ? 1 : 0)};
        }

        @Override
        public Boolean deserialize(int version, byte[] bytes) throws IOException {
            return bytes[0] == 1;
        }
    }
}
