package contactflow;

import java.io.IOException;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.fs.FSDataOutputStream;

/** Writes records as lines, through a buffer: Flink's streams pass each write on to the system. */
final class LineWriter implements BulkWriter<Tuple2<String, byte[]>> {

    private final FSDataOutputStream stream;
    private final byte[] buffer = new byte[64 * 1024];
    private int used;

    LineWriter(FSDataOutputStream stream) {
        this.stream = stream;
    }

    @Override
    public void addElement(Tuple2<String, byte[]> record) throws IOException {
        byte[] line = record.f1;
        if (line.length + 1 > buffer.length - used) {
            drain();
        }
        if (line.length + 1 > buffer.length) {
            stream.write(line);
            stream.write('\n');
            return;
        }
        System.arraycopy(line, 0, buffer, used, line.length);
        used += line.length;
        buffer[used++] = '\n';
    }

    @Override
    public void flush() throws IOException {
        drain();
        stream.flush();
    }

    @Override
    public void finish() throws IOException {
        flush();
    }

    private void drain() throws IOException {
        stream.write(buffer, 0, used);
        used = 0;
    }
}
