package contactflow;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * What the operator tells of its work beside the counts of events and records.
 *
 * <p>Reasons and outcomes are the engine's words: the group of one appears with the first record that has it.
 */
final class ContactMetrics {

    /** So many of the last calls the histogram knows. */
    private static final int CALLS = 1000;

    /** The member by which the records of an output are told apart, by the output's name. */
    private static final Map<String, String> MEMBERS = Map.of("dead_letters", "reason", "steps", "outcome");

    private final MetricGroup group;
    private final Counter bundles;
    private final Histogram stepMillis;
    private final String[] outputNames;
    private final String[] members;
    private final Map<String, Counter>[] kinds;

    /** @param outputNames the kinds of record by number */
    @SuppressWarnings({"unchecked", "rawtypes"})
    ContactMetrics(MetricGroup group, String[] outputNames) {
        this.group = group;
        this.outputNames = outputNames;
        bundles = group.counter("bundles");
        stepMillis = group.histogram("step_ms", new DescriptiveStatisticsHistogram(CALLS));
        members = new String[outputNames.length];
        kinds = new Map[outputNames.length];
        for (int i = 0; i < outputNames.length; i++) {
            members[i] = MEMBERS.get(outputNames[i]);
            kinds[i] = new HashMap<>();
        }
    }

    /** Has the operator tell how far its event time is behind the wall clock; no number before the first watermark. */
    void clocks(LongSupplier wall, LongSupplier watermark) {
        group.gauge(
                "watermark_lag_ms",
                () -> {
                    long mark = watermark.getAsLong();
                    boolean none = mark == Long.MIN_VALUE || mark == Long.MAX_VALUE;
                    return none ? Double.NaN : (double) (wall.getAsLong() - mark);
                });
    }

    /** A bundle goes to Python. */
    void asked() {
        bundles.inc();
    }

    /** Python has answered; called on its thread, which the histogram allows for. */
    void answered(long nanos) {
        stepMillis.update(TimeUnit.NANOSECONDS.toMillis(nanos));
    }

    /** Counts a record by its reason or outcome, where its output has such. */
    void emitted(int output, byte[] line) {
        String member = members[output];
        if (member == null) {
            return;
        }
        String kind = text(line, member);
        if (kind == null) {
            return;
        }
        Counter counter = kinds[output].get(kind);
        if (counter == null) {
            counter = group.addGroup(member, kind).counter(outputNames[output]);
            kinds[output].put(kind, counter);
        }
        counter.inc();
    }

    /** A text of an object, read no further than to it: in our records it is the first or second member. */
    private static String text(byte[] line, String member) {
        try (JsonParser parser = ContactKey.JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                if (name.equals(member)) {
                    return value == JsonToken.VALUE_STRING ? parser.getText() : null;
                }
                parser.skipChildren();
            }
            return null;
        } catch (IOException notJson) {
            return null;
        }
    }
}
