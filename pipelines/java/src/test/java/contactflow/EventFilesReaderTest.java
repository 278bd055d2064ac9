package contactflow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.core.io.InputStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFilesReaderTest {

    @TempDir Path folder;

    @Test
    void readsTheFilesInTheOrderGiven() throws Exception {
        Path late = file("late", "a\nb\n");
        Path early = file("early", "c");
        assertEquals(List.of("a 0:1", "b 0:2", "c 1:1"), rest(reader(FilePosition.START, late, early)));
    }

    @Test
    void passesOverBlankLinesButCountsThem() throws Exception {
        assertEquals(List.of("a 0:2", "b\r 0:4"), rest(reader(FilePosition.START, file("e", "\na\n \r\nb\r\n\n"))));
    }

    @Test
    void goesOnFromAnyPosition() throws Exception {
        Path[] files = {file("one", "a\n\nbcd\n"), file("none", ""), file("two", "\ne\nf")};
        List<String> all = rest(reader(FilePosition.START, files));
        assertEquals(List.of("a 0:1", "bcd 0:3", "e 2:2", "f 2:3"), all);
        for (int read = 0; read <= all.size(); read++) {
            EventFilesReader first = reader(FilePosition.START, files);
            Collected output = new Collected();
            for (int i = 0; i < read; i++) {
                assertEquals(InputStatus.MORE_AVAILABLE, first.pollNext(output));
            }
            FilePosition position = first.snapshotState(1).get(0);
            byte[] stored = FilePosition.SERIALIZER.serialize(position);
            FilePosition restored = FilePosition.SERIALIZER.deserialize(1, stored);
            assertEquals(all.subList(read, all.size()), rest(reader(restored, files)));
        }
    }

    @Test
    void cutsALineThatNobodyCanWantAndGoesOnBehindIt() throws Exception {
        String endless = "x".repeat(EventFiles.MAX_LINE_BYTES + 3_000_000);
        EventFilesReader reader = reader(FilePosition.START, file("e", "a\n" + endless + "\nb\n"));
        Collected output = new Collected();
        reader.pollNext(output);
        reader.pollNext(output);
        reader.pollNext(output);
        assertEquals(EventFiles.MAX_LINE_BYTES, output.events.get(1).f1.length);
        assertEquals("b 0:3", text(output.events.get(2)));
    }

    @Test
    void readsALineThatIsLongerThanItsBuffer() throws Exception {
        String line = "y".repeat(700_000);
        EventFilesReader reader = reader(FilePosition.START, file("e", line + "\nb"));
        assertEquals(List.of(line + " 0:1", "b 0:2"), rest(reader));
    }

    @Test
    void endsAtOnceWithoutASplit() throws Exception {
        EventFilesReader reader = new EventFilesReader(List.of(), new ContactKey(ContactKeyTest.packed(Map.of())));
        Collected output = new Collected();
        assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(output));
        reader.notifyNoMoreSplits();
        assertEquals(InputStatus.END_OF_INPUT, reader.pollNext(output));
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static EventFilesReader reader(FilePosition position, Path... files) throws IOException {
        List<org.apache.flink.core.fs.Path> paths = new ArrayList<>();
        for (Path file : files) {
            paths.add(new org.apache.flink.core.fs.Path(file.toUri()));
        }
        EventFilesReader reader = new EventFilesReader(paths, new ContactKey(ContactKeyTest.packed(Map.of())));
        reader.addSplits(List.of(position));
        return reader;
    }

    private static List<String> rest(EventFilesReader reader) throws Exception {
        Collected output = new Collected();
        while (reader.pollNext(output) == InputStatus.MORE_AVAILABLE) {}
        reader.close();
        return output.events.stream().map(EventFilesReaderTest::text).toList();
    }

    private static String text(Tuple4<String, byte[], Integer, Long> event) {
        return new String(event.f1, StandardCharsets.UTF_8) + " " + event.f2 + ":" + event.f3;
    }
}
