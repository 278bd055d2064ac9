package contactflow;

import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.python.PythonOptions;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.metrics.groups.AbstractMetricGroup;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;

/** The operator in Flink's own harness, with a Python of its own and a toy to decide. */
final class OperatorHarness implements AutoCloseable {

    private static final List<String> OUTPUTS = List.of("actions", "steps", "calls", "dead_letters");

    private final KeyedTwoInputStreamOperatorTestHarness<
                    String, Tuple4<String, byte[], Integer, Long>, Tuple2<String, byte[]>, Tuple2<String, byte[]>>
            flink;
    private long offset;

    private OperatorHarness(int bundleSize, int bundleMillis, Map<String, String> definitions) throws Exception {
        Configuration config = new Configuration();
        config.set(PythonOptions.PYTHON_EXECUTION_MODE, "thread");
        config.set(PythonOptions.PYTHON_EXECUTABLE, System.getProperty("contactflow.python"));
        config.set(PythonOptions.PYTHON_PATH, PythonHome.path());
        config.set(PythonOptions.MAX_BUNDLE_SIZE, bundleSize);
        config.set(PythonOptions.MAX_BUNDLE_TIME_MILLS, (long) bundleMillis);
        TreeMap<String, byte[]> bodies = new TreeMap<>();
        definitions.forEach((key, body) -> bodies.put(key, utf8(body)));
        ContactOperator operator = new ContactOperator(config, "toy_bridge", "{}", bodies, OUTPUTS);
        flink =
                new KeyedTwoInputStreamOperatorTestHarness<>(
                        operator, new Wire.ByContact(), null, Types.STRING, 1, 1, 0);
    }

    /** A fresh operator that ends bundles by nothing but what the test does. */
    static OperatorHarness fresh(Map<String, String> definitions) throws Exception {
        return fresh(1000, 1_000_000, definitions);
    }

    static OperatorHarness fresh(int bundleSize, int bundleMillis, Map<String, String> definitions) throws Exception {
        OperatorHarness harness = new OperatorHarness(bundleSize, bundleMillis, definitions);
        harness.flink.open();
        return harness;
    }

    /** An operator that goes on from a snapshot; {@code definitions} are what a fresh one would be given. */
    static OperatorHarness restored(OperatorSubtaskState snapshot, Map<String, String> definitions) throws Exception {
        OperatorHarness harness = new OperatorHarness(1000, 1_000_000, definitions);
        harness.flink.setup();
        harness.flink.initializeState(snapshot);
        harness.flink.open();
        return harness;
    }

    void event(String contact, String line) throws Exception {
        flink.processElement1(new StreamRecord<>(Tuple4.of(contact, utf8(line), 3, offset++)));
    }

    void define(String key, String body) throws Exception {
        flink.processElement2(new StreamRecord<>(Tuple2.of(key, utf8(body))));
    }

    void watermark(long timestamp) throws Exception {
        flink.processWatermark1(new Watermark(timestamp));
    }

    void processingTime(long millis) throws Exception {
        flink.setProcessingTime(millis);
    }

    void barrier() throws Exception {
        flink.prepareSnapshotPreBarrier(1);
    }

    OperatorSubtaskState snapshot() throws Exception {
        barrier();
        return flink.snapshot(1, 1);
    }

    int timers() {
        return flink.numEventTimeTimers();
    }

    int states() {
        return flink.numKeyedStateEntries();
    }

    /** What has been put out since the last call: records of the main output, and watermarks as {@code ~ts}. */
    List<String> output() {
        List<String> lines = new ArrayList<>();
        for (Object element : flink.getOutput()) {
            lines.add(element instanceof Watermark mark ? "~" + mark.getTimestamp() : text((StreamRecord<?>) element));
        }
        flink.getOutput().clear();
        return lines;
    }

    /** Records of a side output since the harness was made. */
    List<String> side(String name) {
        var records = flink.getSideOutput(Wire.output(name));
        return records == null ? List.of() : records.stream().map(OperatorHarness::text).toList();
    }

    /** A metric of the operator, or of a group in its group. Flink's groups do not show what they hold. */
    Metric metric(String name, String... groups) throws Exception {
        Object group = ((AbstractStreamOperator<?>) flink.getOperator()).getMetricGroup();
        for (String inner : groups) {
            group = held(group, "groups").get(inner);
            if (group == null) {
                return null;
            }
        }
        return (Metric) held(group, "metrics").get(name);
    }

    long count(String name, String... groups) throws Exception {
        return ((Counter) metric(name, groups)).getCount();
    }

    private static Map<?, ?> held(Object group, String field) throws Exception {
        Field found = AbstractMetricGroup.class.getDeclaredField(field);
        found.setAccessible(true);
        return (Map<?, ?>) found.get(group);
    }

    @Override
    public void close() throws Exception {
        flink.close();
    }

    private static String text(StreamRecord<?> record) {
        return new String((byte[]) ((Tuple2<?, ?>) record.getValue()).f1, StandardCharsets.UTF_8);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
