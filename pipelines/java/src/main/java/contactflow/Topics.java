package contactflow;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.util.Collector;

/** The topics of the live job beside that of the events: definitions in, records out. */
public final class Topics {

    private Topics() {}

    /**
     * The control topic: definitions by their keys.
     *
     * @param settings of a Kafka consumer
     * @param topic name of the topic
     * @param from partition → offset from which to read; what lies before was read on the client
     */
    public static KafkaSource<Tuple2<String, byte[]>> control(
            Map<String, String> settings, String topic, Map<Integer, ? extends Number> from) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        from.forEach((partition, offset) -> offsets.put(new TopicPartition(topic, partition), offset.longValue()));
        return KafkaSource.<Tuple2<String, byte[]>>builder()
                .setProperties(properties(settings))
                .setProperty("isolation.level", "read_committed")
                .setTopics(topic)
                .setStartingOffsets(OffsetsInitializer.offsets(offsets))
                .setDeserializer(new Definitions())
                .build();
    }

    /**
     * A topic for one kind of record, in transactions that end with a checkpoint: seen once by whoever reads committed records.
     *
     * @param settings of a Kafka producer, {@code transaction.timeout.ms} among them
     * @param topic name of the topic
     * @param transactions how the names of this sink's transactions begin: no other sink may have the same
     */
    public static KafkaSink<Tuple2<String, byte[]>> exactlyOnce(
            Map<String, String> settings, String topic, String transactions) {
        return KafkaSink.<Tuple2<String, byte[]>>builder()
                .setKafkaProducerConfig(properties(settings))
                .setRecordSerializer(new Records(topic))
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(transactions)
                .build();
    }

    /** The same without transactions: seen at once, and after a failure perhaps again. */
    public static KafkaSink<Tuple2<String, byte[]>> atLeastOnce(Map<String, String> settings, String topic) {
        return KafkaSink.<Tuple2<String, byte[]>>builder()
                .setKafkaProducerConfig(properties(settings))
                .setRecordSerializer(new Records(topic))
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .build();
    }

    private static Properties properties(Map<String, String> settings) {
        Properties properties = new Properties();
        properties.putAll(settings);
        return properties;
    }

    private static final class Definitions implements KafkaRecordDeserializationSchema<Tuple2<String, byte[]>> {
        private static final long serialVersionUID = 1L;
        private static final byte[] GONE = {};

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Tuple2<String, byte[]>> out) {
            if (record.key() != null) {
                String key = new String(record.key(), StandardCharsets.UTF_8);
                out.collect(Tuple2.of(key, record.value() == null ? GONE : record.value()));
            }
        }

        @Override
        public TypeInformation<Tuple2<String, byte[]>> getProducedType() {
            return Wire.DEFINITION;
        }
    }

    /** Keyed by contact, so that a topic holds each contact's records in order. An empty record is a tombstone. */
    private static final class Records implements KafkaRecordSerializationSchema<Tuple2<String, byte[]>> {
        private static final long serialVersionUID = 1L;

        private final String topic;

        Records(String topic) {
            this.topic = topic;
        }

        @Override
        public ProducerRecord<byte[], byte[]> serialize(
                Tuple2<String, byte[]> record, KafkaSinkContext context, Long timestamp) {
            byte[] key = record.f0.equals(ContactKey.NONE) ? null : record.f0.getBytes(StandardCharsets.UTF_8);
            return new ProducerRecord<>(topic, key, record.f1.length == 0 ? null : record.f1);
        }
    }
}
