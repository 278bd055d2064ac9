package contactflow;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.io.InputStatus;

/** Emits the lines from its position on; blank ones are passed over. */
final class EventFilesReader implements SourceReader<Tuple4<String, byte[], Integer, Long>, FilePosition> {

    private final List<Path> files;
    private final ContactKey key;
    private final CompletableFuture<Void> told = new CompletableFuture<>();

    private boolean reading;
    private boolean noMoreSplits;
    private int file;
    private long linesRead;
    private LineReader lines;

    EventFilesReader(List<Path> files, ContactKey key) {
        this.files = files;
        this.key = key;
    }

    @Override
    public void start() {}

    @Override
    public void addSplits(List<FilePosition> splits) {
        FilePosition position = splits.get(0);
        reading = true;
        file = position.file();
        linesRead = position.lines();
        if (file < files.size()) {
            try {
                open(position.bytes());
            } catch (IOException unreadable) {
                throw new java.io.UncheckedIOException("cannot read " + files.get(file), unreadable);
            }
        }
        told.complete(null);
    }

    @Override
    public void notifyNoMoreSplits() {
        noMoreSplits = true;
        told.complete(null);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return told;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Tuple4<String, byte[], Integer, Long>> output) throws IOException {
        while (reading && file < files.size()) {
            byte[] line = lines.next();
            if (line == null) {
                nextFile();
                continue;
            }
            long offset = ++linesRead;
            if (!isBlank(line)) {
                output.collect(Tuple4.of(key.of(line), line, file, offset));
                return InputStatus.MORE_AVAILABLE;
            }
        }
        return reading || noMoreSplits ? InputStatus.END_OF_INPUT : InputStatus.NOTHING_AVAILABLE;
    }

    @Override
    public List<FilePosition> snapshotState(long checkpointId) {
        if (!reading) {
            return List.of();
        }
        return List.of(new FilePosition(file, lines == null ? 0 : lines.position(), linesRead));
    }

    @Override
    public void close() throws Exception {
        if (lines != null) {
            lines.close();
        }
    }

    private void nextFile() throws IOException {
        lines.close();
        lines = null;
        linesRead = 0;
        if (++file < files.size()) {
            open(0);
        }
    }

    private void open(long position) throws IOException {
        Path path = files.get(file);
        FSDataInputStream stream = path.getFileSystem().open(path);
        stream.seek(position);
        lines = new LineReader(stream, position);
    }

    private static boolean isBlank(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }
}
