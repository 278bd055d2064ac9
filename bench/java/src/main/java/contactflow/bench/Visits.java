package contactflow.bench;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.types.Row;

/**
 * Visits of a shop's pages, the same for every candidate: the n-th event is always the same, and event time only grows.
 *
 * <p>Fields of an event: contact, line of JSON (about 240 bytes), 0, n. The key comes with it, so that no candidate has to
 * look for it.
 */
public final class Visits implements GeneratorFunction<Long, Tuple4<String, byte[], Integer, Long>> {

    private static final long serialVersionUID = 1L;

    private static final TupleTypeInfo<Tuple4<String, byte[], Integer, Long>> TYPE =
            new TupleTypeInfo<>(
                    Types.STRING,
                    PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO,
                    Types.INT,
                    Types.LONG);

    private static final int PAGES = 10_000;
    private static final int OFFERS_EACH = 10;

    private final long contacts;
    private final long begin;
    private final long apart;

    private Visits(long contacts, long begin, long apart) {
        this.contacts = contacts;
        this.begin = begin;
        this.apart = apart;
    }

    /**
     * The stream of events with their time and watermarks.
     *
     * @param events how many
     * @param contacts how many contacts they are spread over, evenly and in no order
     * @param begin time of the first event, in milliseconds
     * @param span milliseconds of event time that all of them take
     */
    public static DataStream<Tuple4<String, byte[], Integer, Long>> stream(
            StreamExecutionEnvironment env, long events, long contacts, long begin, long span) {
        Visits visits = new Visits(contacts, begin, Math.max(1, span / events));
        WatermarkStrategy<Tuple4<String, byte[], Integer, Long>> growing =
                WatermarkStrategy.<Tuple4<String, byte[], Integer, Long>>forBoundedOutOfOrderness(Duration.ZERO)
                        .withTimestampAssigner((event, none) -> visits.time(event.f3));
        return env.fromSource(new DataGeneratorSource<>(visits, events, TYPE), growing, "visits").setParallelism(1);
    }

    /** The stream as PyFlink keys and reads it: contact, line. */
    public static DataStream<Row> rows(DataStream<Tuple4<String, byte[], Integer, Long>> visits) {
        return visits.map(event -> Row.of(event.f0, event.f1))
                .returns(new RowTypeInfo(Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO))
                .setParallelism(1);
    }

    @Override
    public Tuple4<String, byte[], Integer, Long> map(Long number) {
        long mixed = mixed(number);
        String contact = digits("c", 7, Long.remainderUnsigned(mixed, contacts));
        long page = Long.remainderUnsigned(mixed >>> 20, PAGES);
        String shown = digits("", 5, page);
        String line =
                "{\"id\":\"" + digits("v", 11, number)
                        + "\",\"contact\":\"" + contact
                        + "\",\"type\":\"url_visited\",\"ts\":" + time(number)
                        + ",\"data\":{\"url\":\"https://shop.example/" + (page % OFFERS_EACH == 0 ? "offer/" : "page/") + shown
                        + "?utm_source=newsletter&utm_medium=email&utm_campaign=spring\",\"seconds\":" + page % 60
                        + ",\"title\":\"Page " + shown
                        + "\"},\"source\":\"website\"}";
        return Tuple4.of(contact, line.getBytes(StandardCharsets.ISO_8859_1), 0, number);
    }

    private long time(long number) {
        return begin + number * apart;
    }

    /** SplitMix64: spreads consecutive numbers over all values. */
    private static long mixed(long number) {
        long z = (number + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    private static String digits(String before, int width, long number) {
        String text = Long.toString(number);
        return before + "0".repeat(Math.max(0, width - text.length())) + text;
    }
}
