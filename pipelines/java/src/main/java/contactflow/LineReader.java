package contactflow;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Splits a stream at its newlines and knows how many bytes it has given out. */
final class LineReader implements AutoCloseable {

    private final InputStream stream;
    private final byte[] buffer = new byte[256 * 1024];
    private int next;
    private int end;
    private long position;

    LineReader(InputStream stream, long position) {
        this.stream = stream;
        this.position = position;
    }

    /** Bytes of the file up to the line that comes next. */
    long position() {
        return position;
    }

    /** The next line without its newline, cut at {@link EventFiles#MAX_LINE_BYTES}; null at the end. */
    byte[] next() throws IOException {
        if (next == end && !fill()) {
            return null;
        }
        int newline = newline();
        if (newline >= 0) {
            byte[] line = Arrays.copyOfRange(buffer, next, newline);
            position += newline + 1 - next;
            next = newline + 1;
            return line;
        }
        return acrossBuffers();
    }

    private byte[] acrossBuffers() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(2 * buffer.length);
        int newline;
        do {
            newline = newline();
            int part = (newline < 0 ? end : newline) - next;
            line.write(buffer, next, Math.min(part, EventFiles.MAX_LINE_BYTES - line.size()));
            next += part + (newline < 0 ? 0 : 1);
            position += part + (newline < 0 ? 0 : 1);
        } while (newline < 0 && fill());
        return line.toByteArray();
    }

    private int newline() {
        for (int i = next; i < end; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private boolean fill() throws IOException {
        next = 0;
        end = Math.max(stream.read(buffer, 0, buffer.length), 0);
        return end > 0;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
