package contactflow;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplitSerializer;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** A partition with the largest {@code ts} read from it: time goes on from there when the job is resumed. */
final class TimedPartition extends KafkaPartitionSplit {

    static final SimpleVersionedSerializer<KafkaPartitionSplit> SERIALIZER = new Serializer();

    private final long latest;

    TimedPartition(KafkaPartitionSplit split, long latest) {
        super(
                split.getTopicPartition(),
                split.getStartingOffset(),
                split.getStoppingOffset().orElse(NO_STOPPING_OFFSET));
        this.latest = latest;
    }

    /** The largest {@code ts} read from a partition, or {@link PartitionClock#UNKNOWN}. */
    static long latest(KafkaPartitionSplit split) {
        return split instanceof TimedPartition timed ? timed.latest : PartitionClock.UNKNOWN;
    }

    private static final class Serializer implements SimpleVersionedSerializer<KafkaPartitionSplit> {
        private static final int VERSION = 1;
        private final KafkaPartitionSplitSerializer kafka = new KafkaPartitionSplitSerializer();

        @Override
        public int getVersion() {
            return VERSION;
        }

        @Override
        public byte[] serialize(KafkaPartitionSplit split) throws IOException {
            byte[] plain = kafka.serialize(split);
            return ByteBuffer.allocate(Long.BYTES + plain.length).putLong(latest(split)).put(plain).array();
        }

        @Override
        public KafkaPartitionSplit deserialize(int version, byte[] bytes) throws IOException {
            byte[] plain = Arrays.copyOfRange(bytes, Long.BYTES, bytes.length);
            return new TimedPartition(kafka.deserialize(kafka.getVersion(), plain), ByteBuffer.wrap(bytes).getLong());
        }
    }
}
