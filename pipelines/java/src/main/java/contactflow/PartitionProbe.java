package contactflow;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.KafkaException;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the broker, for partitions of which nothing comes, whether there is really nothing more.
 *
 * <p>Silence alone does not tell: the broker may be away while events wait there. And the end offset alone does not either:
 * behind the last event may lie marks of transactions, which count as offsets, and are never read.
 */
final class PartitionProbe implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionProbe.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final long STOP_MS = 5_000;

    private final Properties settings;
    private final long everyMs;
    private final Runnable after;
    private final Map<TopicPartition, PartitionClock> clocks = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Long> before = new HashMap<>();
    /** How far there is no event behind the position. */
    private final Map<TopicPartition, Long> bare = new HashMap<>();
    private final Thread thread;
    private volatile boolean closed;

    /**
     * @param settings of a Kafka consumer
     * @param everyMs from one look to the next
     * @param after called after each
     */
    PartitionProbe(Properties settings, long everyMs, Runnable after) {
        this.settings = new Properties();
        this.settings.putAll(settings);
        this.settings.put("max.poll.records", "1");
        this.settings.put("max.partition.fetch.bytes", "65536");
        this.settings.put("enable.auto.commit", "false");
        this.settings.put("auto.offset.reset", "earliest");
        this.settings.remove("group.id");
        this.everyMs = everyMs;
        this.after = after;
        thread = new Thread(this::run, "partition-probe");
        thread.setDaemon(true);
        thread.setContextClassLoader(PartitionProbe.class.getClassLoader());
    }

    void start() {
        thread.start();
    }

    void add(TopicPartition partition, PartitionClock clock) {
        clocks.put(partition, clock);
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        thread.interrupt();
        thread.join(STOP_MS);
    }

    private void run() {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            while (!closed) {
                try {
                    probe(consumer);
                } catch (org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.InterruptException stopping) {
                    return;
                } catch (KafkaException away) {
                    LOG.info("cannot tell the end of the event topic: {}", away.toString());
                }
                after.run();
                Thread.sleep(everyMs);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        } catch (org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.InterruptException stopping) {
            LOG.debug("stopped while closing");
        }
    }

    private void probe(KafkaConsumer<byte[], byte[]> consumer) {
        Map<TopicPartition, Long> quiet = quiet();
        if (quiet.isEmpty()) {
            return;
        }
        long wall = System.currentTimeMillis(); // before the question: what comes after may be missing in the answer
        Map<TopicPartition, Long> ends = consumer.endOffsets(quiet.keySet(), PATIENCE);
        List<TopicPartition> unclear = new ArrayList<>();
        quiet.forEach(
                (partition, position) -> {
                    if (reached(partition, position) >= ends.get(partition)) {
                        clocks.get(partition).nothingMore(wall, position);
                    } else {
                        unclear.add(partition);
                    }
                });
        for (TopicPartition partition : unclear) {
            long position = quiet.get(partition);
            if (isBare(consumer, partition, reached(partition, position), ends.get(partition))) {
                clocks.get(partition).nothingMore(wall, position);
            }
        }
    }

    /** The partitions of which nothing has come since the last look, with their positions. */
    private Map<TopicPartition, Long> quiet() {
        Map<TopicPartition, Long> found = new HashMap<>();
        clocks.forEach(
                (partition, clock) -> {
                    long position = clock.position();
                    Long last = before.put(partition, position);
                    if (last != null && last == position) {
                        found.put(partition, position);
                    } else {
                        bare.remove(partition);
                    }
                });
        return found;
    }

    private long reached(TopicPartition partition, long position) {
        return Math.max(position, bare.getOrDefault(partition, position));
    }

    /** Whether no event lies between two offsets. */
    private boolean isBare(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long from, long end) {
        consumer.assign(List.of(partition));
        if (from < 0) {
            consumer.seekToBeginning(List.of(partition));
        } else {
            consumer.seek(partition, from);
        }
        ConsumerRecords<byte[], byte[]> records = consumer.poll(LOOK);
        if (!records.isEmpty()) {
            return false;
        }
        long reached = consumer.position(partition, PATIENCE);
        bare.put(partition, reached);
        return reached >= end;
    }
}
