package contactflow;

import java.io.IOException;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.util.Collector;

/**
 * The topic of contact events: Flink's Kafka source, with our own time ({@link PartitionClock}) for each partition.
 *
 * <p>Events are read from the beginning of the topic, committed ones only; a restored job goes on where it was.
 */
public final class EventTopic
        implements Source<Tuple4<String, byte[], Integer, Long>, KafkaPartitionSplit, KafkaSourceEnumState>,
                ResultTypeQueryable<Tuple4<String, byte[], Integer, Long>> {

    private static final long serialVersionUID = 1L;

    private final KafkaSource<LiveEvent> kafka;
    private final Properties settings = new Properties();
    private final long lateness;
    private final boolean wallCounts;

    /**
     * @param settings of a Kafka consumer: {@code bootstrap.servers}, {@code group.id} and whatever the broker asks for
     * @param topic name of the topic
     * @param lateness see {@link PartitionClock}
     * @param wallCounts see {@link PartitionClock}
     */
    public EventTopic(Map<String, String> settings, String topic, long lateness, boolean wallCounts) {
        this.settings.putAll(settings);
        this.settings.setProperty("isolation.level", "read_committed");
        this.lateness = lateness;
        this.wallCounts = wallCounts;
        kafka =
                KafkaSource.<LiveEvent>builder()
                        .setProperties(this.settings)
                        .setTopics(topic)
                        .setStartingOffsets(OffsetsInitializer.earliest())
                        .setDeserializer(new Lines())
                        .build();
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public TypeInformation<Tuple4<String, byte[], Integer, Long>> getProducedType() {
        return Wire.EVENT;
    }

    @Override
    public SourceReader<Tuple4<String, byte[], Integer, Long>, KafkaPartitionSplit> createReader(
            SourceReaderContext context) throws Exception {
        return new EventTopicReader(kafka.createReader(context), settings, lateness, wallCounts);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context) {
        return kafka.createEnumerator(context);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state) throws IOException {
        return kafka.restoreEnumerator(context, state);
    }

    @Override
    public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
        return TimedPartition.SERIALIZER;
    }

    @Override
    public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
        return kafka.getEnumeratorCheckpointSerializer();
    }

    /** A record without a value is an empty line, which the engine makes a dead letter of. */
    private static final class Lines implements KafkaRecordDeserializationSchema<LiveEvent> {
        private static final long serialVersionUID = 1L;
        private static final byte[] NOTHING = {};

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<LiveEvent> out) {
            byte[] line = record.value() == null ? NOTHING : record.value();
            out.collect(LiveEvent.read(line, record.partition(), record.offset()));
        }

        @Override
        public TypeInformation<LiveEvent> getProducedType() {
            return TypeInformation.of(LiveEvent.class);
        }
    }
}
