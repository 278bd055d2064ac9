package contactflow;

import java.io.IOException;
import java.time.Instant;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.types.Row;

/** Reads from step records what the windows count by, and nothing more. */
public final class StepRows implements MapFunction<Tuple2<String, byte[]>, Row>, ResultTypeQueryable<Row> {

    private static final long serialVersionUID = 1L;
    private static final JsonFactory JSON = new JsonFactory();

    private static final int TS = 0;
    private static final int CONTACT = 1;
    private static final int WORKFLOW = 2;
    private static final int VERSION = 3;
    private static final int NODE = 4;
    private static final int OUTCOME = 5;
    private static final int VARIANT = 6;

    @Override
    public TypeInformation<Row> getProducedType() {
        return Types.ROW_NAMED(
                new String[] {"ts", "contact", "workflow", "version", "node", "outcome", "variant"},
                Types.INSTANT,
                Types.STRING,
                Types.STRING,
                Types.INT,
                Types.STRING,
                Types.STRING,
                Types.STRING);
    }

    @Override
    public Row map(Tuple2<String, byte[]> record) throws IOException {
        Row row = new Row(VARIANT + 1);
        try (JsonParser parser = JSON.createParser(record.f1)) {
            parser.nextToken();
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                if (value.isScalarValue() && value != JsonToken.VALUE_NULL) {
                    take(row, field, parser);
                } else {
                    parser.skipChildren();
                }
            }
        }
        return row;
    }

    private static void take(Row row, String field, JsonParser parser) throws IOException {
        switch (field) {
            case "ts" -> row.setField(TS, Instant.ofEpochMilli(parser.getLongValue()));
            case "contact" -> row.setField(CONTACT, parser.getText());
            case "workflow" -> row.setField(WORKFLOW, parser.getText());
            case "version" -> row.setField(VERSION, parser.getIntValue());
            case "node" -> row.setField(NODE, parser.getText());
            case "outcome" -> row.setField(OUTCOME, parser.getText());
            case "variant" -> row.setField(VARIANT, parser.getText());
            default -> { }
        }
    }
}
