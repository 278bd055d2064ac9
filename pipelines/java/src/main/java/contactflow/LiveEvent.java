package contactflow;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * An event as it came from a topic, and its own time.
 *
 * @param event key of the contact, the line, partition and offset ({@link Wire#EVENT})
 * @param ts milliseconds since the epoch; {@link #NO_TIME} for what is certain to be no contact event
 */
record LiveEvent(Tuple4<String, byte[], Integer, Long> event, long ts) {

    /** Time does not pass by what cannot be read. */
    static final long NO_TIME = Long.MIN_VALUE;

    // As the engine reads events: what is longer or lies outside becomes a dead letter.
    private static final int MAX_BYTES = 256 * 1024;
    private static final long EARLIEST_MS = -62_135_510_400_000L;
    private static final long LATEST_MS = 253_402_214_400_000L;
    private static final int DIGITS_OF_LONG = 18;

    /** Reads the line once, for its contact and its time. Of a field that is given twice the last one counts, as in Python. */
    static LiveEvent read(byte[] line, int partition, long offset) {
        String contact = ContactKey.NONE;
        long ts = NO_TIME;
        boolean named = false;
        boolean typed = false;
        try (JsonParser parser = ContactKey.JSON.createParser(line)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                    JsonToken value = parser.nextToken();
                    switch (field) {
                        case "contact" -> contact = value == JsonToken.VALUE_STRING ? parser.getText() : ContactKey.NONE;
                        case "ts" -> ts = time(value, parser);
                        case "id" -> named = value == JsonToken.VALUE_STRING && !parser.getText().isEmpty();
                        case "type" -> typed = value == JsonToken.VALUE_STRING;
                        default -> { }
                    }
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                ts = NO_TIME; // more than one value: no JSON document
            }
        } catch (IOException notJson) {
            ts = NO_TIME;
        }
        if (!named || !typed || contact.equals(ContactKey.NONE) || line.length > MAX_BYTES) {
            ts = NO_TIME;
        }
        return new LiveEvent(Tuple4.of(contact, line, partition, offset), ts);
    }

    private static long time(JsonToken value, JsonParser parser) throws IOException {
        long ts =
                switch (value) {
                    case VALUE_NUMBER_INT -> parser.getTextLength() > DIGITS_OF_LONG ? NO_TIME : parser.getLongValue();
                    case VALUE_NUMBER_FLOAT -> whole(parser.getDoubleValue());
                    case VALUE_STRING -> instant(parser.getText());
                    default -> NO_TIME;
                };
        return ts < EARLIEST_MS || ts > LATEST_MS ? NO_TIME : ts;
    }

    private static long whole(double ts) {
        return ts == Math.rint(ts) ? (long) ts : NO_TIME;
    }

    private static long instant(String ts) {
        try {
            return OffsetDateTime.parse(ts.replace(' ', 'T')).toInstant().toEpochMilli();
        } catch (DateTimeException otherForm) {
            return NO_TIME;
        }
    }
}
