package contactflow;

import java.io.IOException;
import java.io.Serializable;
import java.util.HashMap;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactoryBuilder;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.StreamReadConstraints;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;

/**
 * Finds the key of an event: its contact, or for contacts that a merge joins anywhere in the input, one of them for all.
 *
 * <p>A line without a contact has the key {@link #NONE}. It goes to the engine all the same, which makes a dead letter of it.
 */
public final class ContactKey implements Serializable {

    private static final long serialVersionUID = 1L;

    /** The key of lines that name no contact. */
    public static final String NONE = "";

    // Wider than Jackson's own limits: whatever Python can read must find its contact here.
    static final JsonFactory JSON =
            new JsonFactoryBuilder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(100_000)
                                    .maxNumberLength(EventFiles.MAX_LINE_BYTES)
                                    .maxNameLength(EventFiles.MAX_LINE_BYTES)
                                    .build())
                    .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
                    .configure(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW, false)
                    .build();

    private final HashMap<String, String> joined = new HashMap<>();

    /** @param joined a MessagePack map contact → key, for the contacts that are keyed together */
    public ContactKey(byte[] joined) throws IOException {
        try (MessageUnpacker in = MessagePack.newDefaultUnpacker(joined)) {
            for (int left = in.unpackMapHeader(); left > 0; left--) {
                this.joined.put(in.unpackString(), in.unpackString());
            }
        }
    }

    /** The key of one line of JSON. */
    public String of(byte[] line) {
        String contact = contact(line);
        return joined.isEmpty() ? contact : joined.getOrDefault(contact, contact);
    }

    /** Reads the whole line: of a field that is given twice the last one counts, as in Python. */
    private static String contact(byte[] line) {
        String contact = NONE;
        try (JsonParser parser = JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return NONE;
            }
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                if (field.equals("contact")) {
                    contact = value == JsonToken.VALUE_STRING ? parser.getText() : NONE;
                }
                parser.skipChildren();
            }
        } catch (IOException notJson) {
            return contact;
        }
        return contact;
    }
}
