package contactflow;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;

/**
 * Flink's Kafka reader, with watermarks of our own: one clock a partition, of which Flink takes the slowest.
 *
 * <p>Watermarks are given a few times a second, for each ends the bundle of the operator behind it.
 */
final class EventTopicReader implements SourceReader<Tuple4<String, byte[], Integer, Long>, KafkaPartitionSplit> {

    private static final long PROBE_MS = 500;
    private static final long WATERMARK_NANOS = 200_000_000;

    private final SourceReader<LiveEvent, KafkaPartitionSplit> kafka;
    private final long lateness;
    private final boolean wallCounts;
    private final PartitionProbe probe;
    private final Map<String, Partition> partitions = new HashMap<>();

    private volatile CompletableFuture<Void> tick = new CompletableFuture<>();
    private long markedAt = System.nanoTime() - WATERMARK_NANOS;

    EventTopicReader(
            SourceReader<LiveEvent, KafkaPartitionSplit> kafka, Properties settings, long lateness, boolean wallCounts) {
        this.kafka = kafka;
        this.lateness = lateness;
        this.wallCounts = wallCounts;
        this.probe = new PartitionProbe(settings, PROBE_MS, () -> tick.complete(null));
    }

    @Override
    public void start() {
        kafka.start();
        probe.start();
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> splits) {
        for (KafkaPartitionSplit split : splits) {
            PartitionClock clock =
                    new PartitionClock(
                            lateness, wallCounts, split.getStartingOffset(), TimedPartition.latest(split));
            partitions.put(split.splitId(), new Partition(clock));
            probe.add(split.getTopicPartition(), clock);
        }
        kafka.addSplits(splits);
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Tuple4<String, byte[], Integer, Long>> output) throws Exception {
        InputStatus status = kafka.pollNext(new Outputs(output));
        long now = System.nanoTime();
        if (now - markedAt >= WATERMARK_NANOS) {
            markedAt = now;
            partitions.forEach((id, partition) -> partition.mark(id, output));
        }
        return status;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        CompletableFuture<Void> more = kafka.isAvailable();
        if (more.isDone()) {
            return more;
        }
        CompletableFuture<Void> next = tick;
        if (next.isDone()) {
            tick = next = new CompletableFuture<>();
        }
        return CompletableFuture.anyOf(more, next).thenAccept(ignored -> { });
    }

    @Override
    public List<KafkaPartitionSplit> snapshotState(long checkpointId) {
        return kafka.snapshotState(checkpointId).stream()
                .<KafkaPartitionSplit>map(
                        split -> new TimedPartition(split, partitions.get(split.splitId()).clock.latest()))
                .toList();
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        kafka.notifyCheckpointComplete(checkpointId);
    }

    @Override
    public void notifyCheckpointAborted(long checkpointId) throws Exception {
        kafka.notifyCheckpointAborted(checkpointId);
    }

    @Override
    public void notifyNoMoreSplits() {
        kafka.notifyNoMoreSplits();
    }

    @Override
    public void handleSourceEvents(SourceEvent event) {
        kafka.handleSourceEvents(event);
    }

    @Override
    public void close() throws Exception {
        probe.close();
        kafka.close();
    }

    /** One partition: its clock, and the output that Flink keeps for it. */
    private static final class Partition implements SourceOutput<LiveEvent> {
        private final PartitionClock clock;
        private SourceOutput<Tuple4<String, byte[], Integer, Long>> output;
        private long marked = PartitionClock.UNKNOWN;

        Partition(PartitionClock clock) {
            this.clock = clock;
        }

        @Override
        public void collect(LiveEvent read) {
            collect(read, LiveEvent.NO_TIME);
        }

        /** @param ofKafka Kafka's own time of the record, which says nothing here */
        @Override
        public void collect(LiveEvent read, long ofKafka) {
            output.collect(read.event(), read.ts());
            clock.read(read.ts(), read.event().f3, System.currentTimeMillis());
        }

        @Override
        public void emitWatermark(Watermark mark) {
            throw new UnsupportedOperationException("time comes from the partition's clock alone");
        }

        @Override
        public void markIdle() {
            output.markIdle();
        }

        @Override
        public void markActive() {
            output.markActive();
        }

        private void mark(String id, ReaderOutput<Tuple4<String, byte[], Integer, Long>> all) {
            open(id, all);
            long mark = clock.watermark();
            if (mark > marked) {
                marked = mark;
                output.emitWatermark(new Watermark(mark));
            } else if (clock.empty()) {
                output.markIdle();
            }
        }

        private void open(String id, ReaderOutput<Tuple4<String, byte[], Integer, Long>> all) {
            if (output == null) {
                output = all.createOutputForSplit(id);
            }
        }
    }

    /** Leads the events of each partition past its clock. */
    private final class Outputs implements ReaderOutput<LiveEvent> {
        private final ReaderOutput<Tuple4<String, byte[], Integer, Long>> all;

        Outputs(ReaderOutput<Tuple4<String, byte[], Integer, Long>> all) {
            this.all = all;
        }

        @Override
        public SourceOutput<LiveEvent> createOutputForSplit(String id) {
            Partition partition = partitions.get(id);
            partition.open(id, all);
            return partition;
        }

        @Override
        public void releaseOutputForSplit(String id) {
            partitions.remove(id);
            all.releaseOutputForSplit(id);
        }

        @Override
        public void collect(LiveEvent read) {
            all.collect(read.event());
        }

        @Override
        public void collect(LiveEvent read, long ofKafka) {
            all.collect(read.event(), read.ts());
        }

        @Override
        public void emitWatermark(Watermark mark) {
            all.emitWatermark(mark);
        }

        @Override
        public void markIdle() {
            all.markIdle();
        }

        @Override
        public void markActive() {
            all.markActive();
        }
    }
}
