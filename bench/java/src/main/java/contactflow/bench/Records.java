package contactflow.bench;

import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** Counts the records of a stream, and throws them away: what every candidate's records come to. */
public final class Records<T> extends RichMapFunction<T, T> {

    private static final long serialVersionUID = 1L;

    private final String name;
    private transient LongCounter count;

    private Records(String name) {
        this.name = name;
    }

    /** @param name of the accumulator that holds the count */
    public static <T> void discard(DataStream<T> records, String name) {
        records.map(new Records<T>(name)).returns(records.getType()).sinkTo(new DiscardingSink<>());
    }

    /**
     * The same for the records of one output among those of several.
     *
     * @param number of the output, as the first field of its records has it
     */
    public static void discard(DataStream<Tuple2<Integer, byte[]>> records, int number, String name) {
        discard(records.filter(record -> record.f0 == number), name);
    }

    @Override
    public void open(OpenContext context) {
        count = new LongCounter();
        getRuntimeContext().addAccumulator("discarded " + name, count);
    }

    @Override
    public T map(T record) {
        count.add(1);
        return record;
    }
}
