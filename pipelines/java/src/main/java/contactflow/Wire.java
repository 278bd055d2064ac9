package contactflow;

import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.util.OutputTag;

/** What flows between the operators of the job. Tuples, because Flink serializes them fastest. */
public final class Wire {

    /** An event: key of the contact, the line as it came, number of the partition or file, offset in it. */
    public static final TupleTypeInfo<Tuple4<String, byte[], Integer, Long>> EVENT =
            new TupleTypeInfo<>(
                    Types.STRING,
                    PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO,
                    Types.INT,
                    Types.LONG);

    /** A record: key of the contact, one line of JSON without its newline. */
    public static final TupleTypeInfo<Tuple2<String, byte[]>> RECORD =
            new TupleTypeInfo<>(Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    /** A definition: its key, its JSON; an empty body takes the definition away. */
    public static final TupleTypeInfo<Tuple2<String, byte[]>> DEFINITION = RECORD;

    private Wire() {}

    /** The side output of one kind of record. */
    public static OutputTag<Tuple2<String, byte[]>> output(String name) {
        return new OutputTag<>(name, RECORD);
    }

    static List<OutputTag<Tuple2<String, byte[]>>> outputs(String[] names) {
        return Arrays.stream(names).map(Wire::output).toList();
    }

    /** Takes the key that the source found. */
    public static final class ByContact implements KeySelector<Tuple4<String, byte[], Integer, Long>, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public String getKey(Tuple4<String, byte[], Integer, Long> event) {
            return event.f0;
        }
    }
}
