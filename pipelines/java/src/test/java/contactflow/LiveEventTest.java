package contactflow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LiveEventTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "1700000000000 | 1700000000000",
                "1.7e12 | 1700000000000",
                "-5 | -5",
                "\"2023-11-14T22:13:20Z\" | 1700000000000",
                "\"2023-11-14T23:13:20.5+01:00\" | 1700000000500",
                "\"2023-11-14 22:13:20Z\" | 1700000000000",
                "7,\"ts\":8 | 8",
            })
    void readsTheTimeOfAnEvent(String written, long ts) {
        assertEquals(ts, read("{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":" + written + "}").ts());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "[1]",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":5",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":5} {}",
                "{\"contact\":\"jo\",\"type\":\"t\",\"ts\":5}",
                "{\"id\":\"\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":5}",
                "{\"id\":\"e\",\"type\":\"t\",\"ts\":5}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"ts\":5}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\"}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":null}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":1.5}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":\"today\"}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":\"2023-11-14T22:13:20\"}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":253402214400001}",
                "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":99999999999999999999}",
            })
    void letsNoTimePassByWhatIsNoEvent(String line) {
        assertEquals(LiveEvent.NO_TIME, read(line).ts());
    }

    @Test
    void letsNoTimePassByWhatIsTooLarge() {
        String data = "x".repeat(256 * 1024);
        String line = "{\"id\":\"e\",\"contact\":\"jo\",\"type\":\"t\",\"ts\":5,\"data\":\"" + data + "\"}";
        assertEquals(LiveEvent.NO_TIME, read(line).ts());
        assertEquals("jo", read(line).event().f0);
    }

    @Test
    void keepsTheLineWithItsContactAndItsPlace() {
        LiveEvent read = read("{\"contact\": \"Zoë\", ");
        assertEquals("Zoë", read.event().f0);
        assertEquals("{\"contact\": \"Zoë\", ", new String(read.event().f1, StandardCharsets.UTF_8));
        assertEquals(3, read.event().f2);
        assertEquals(44L, read.event().f3);
    }

    @Test
    void aPartitionKeepsItsTimeInACheckpoint() throws Exception {
        KafkaPartitionSplit split = new KafkaPartitionSplit(new TopicPartition("events", 2), 17);
        SimpleVersionedSerializer<KafkaPartitionSplit> serializer = TimedPartition.SERIALIZER;
        byte[] stored = serializer.serialize(new TimedPartition(split, 1_700_000_000_000L));
        KafkaPartitionSplit restored = serializer.deserialize(serializer.getVersion(), stored);
        assertEquals(split, restored);
        assertEquals(1_700_000_000_000L, TimedPartition.latest(restored));
        assertEquals(PartitionClock.UNKNOWN, TimedPartition.latest(split));
    }

    private static LiveEvent read(String line) {
        return LiveEvent.read(line.getBytes(StandardCharsets.UTF_8), 3, 44);
    }
}
