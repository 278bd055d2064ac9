package contactflow;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.java.tuple.Tuple4;

/** Keeps what a source emits. */
final class Collected implements ReaderOutput<Tuple4<String, byte[], Integer, Long>> {

    final List<Tuple4<String, byte[], Integer, Long>> events = new ArrayList<>();

    @Override
    public void collect(Tuple4<String, byte[], Integer, Long> event) {
        events.add(event);
    }

    @Override
    public void collect(Tuple4<String, byte[], Integer, Long> event, long timestamp) {
        events.add(event);
    }

    @Override
    public void emitWatermark(Watermark watermark) {}

    @Override
    public void markIdle() {}

    @Override
    public void markActive() {}

    @Override
    public SourceOutput<Tuple4<String, byte[], Integer, Long>> createOutputForSplit(String split) {
        return this;
    }

    @Override
    public void releaseOutputForSplit(String split) {}
}
