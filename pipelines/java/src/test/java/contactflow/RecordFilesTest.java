package contactflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordFilesTest {

    @TempDir Path folder;

    @Test
    void namesFilesInTheOrderInWhichTheyAreBegun() {
        PartNames names = new PartNames(".jsonl", 0);
        String first = names.getPartPrefix();
        String second = names.getPartPrefix();
        assertTrue(first.compareTo(second) < 0, first + " before " + second);
    }

    @Test
    void namesFilesAfterThoseThatAreThereEvenIfTheClockWasPutBack() {
        PartNames names = new PartNames(".jsonl", 9_000_000_000_000L);
        assertEquals("part-9000000000001", names.getPartPrefix());
        assertEquals("part-9000000000002", names.getPartPrefix());
    }

    @Test
    void writesShortAndLongRecordsAsLines() throws IOException {
        Path file = folder.resolve("lines");
        String exact = "e".repeat(64 * 1024 - 1);
        String large = "l".repeat(64 * 1024);
        try (FSDataOutputStream stream =
                LocalFileSystem.getSharedInstance()
                        .create(new org.apache.flink.core.fs.Path(file.toUri()), FileSystem.WriteMode.NO_OVERWRITE)) {
            LineWriter writer = new LineWriter(stream);
            for (String line : new String[] {"a", exact, "b", large, "c"}) {
                writer.addElement(Tuple2.of("jo", line.getBytes(StandardCharsets.UTF_8)));
            }
            writer.finish();
        }
        assertEquals("a\n" + exact + "\nb\n" + large + "\nc\n", Files.readString(file));
    }
}
