package contactflow;

import java.io.IOException;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * How far the event files have been read.
 *
 * @param file number of the file
 * @param bytes bytes of it that have been read
 * @param lines lines of it that have been read
 */
record FilePosition(int file, long bytes, long lines) implements SourceSplit {

    static final FilePosition START = new FilePosition(0, 0, 0);
    static final SimpleVersionedSerializer<FilePosition> SERIALIZER = new Serializer();

    @Override
    public String splitId() {
        return "events";
    }

    private static final class Serializer implements SimpleVersionedSerializer<FilePosition> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(FilePosition position) throws IOException {
            DataOutputSerializer out = new DataOutputSerializer(20);
            out.writeInt(position.file);
            out.writeLong(position.bytes);
            out.writeLong(position.lines);
            return out.getCopyOfBuffer();
        }

        @Override
        public FilePosition deserialize(int version, byte[] bytes) throws IOException {
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            return new FilePosition(in.readInt(), in.readLong(), in.readLong());
        }
    }
}
