package contactflow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

class ContactKeyTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{\"contact\":\"jo\"} | jo",
                " {\"id\":1, \"data\":{\"contact\":\"al\"}, \"contact\" : \"jo\"}\r | jo",
                "{\"contact\":\"j\\u006f\"} | jo",
                "{\"cont\\u0061ct\":\"jo\"} | jo",
                "{\"contact\":\"al\",\"contact\":\"jo\"} | jo",
                "{\"contact\":\"Zoë 💐\"} | Zoë 💐",
                "{\"contact\":\"jo\",\"data\":[[{\"a\":1e999}]]} | jo",
            })
    void findsTheContactOnTheTopLevel(String line, String contact) throws IOException {
        assertEquals(contact, key(Map.of(), line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "[\"contact\",\"jo\"]", "{\"contact\":7}", "{\"contact\":null}", "{\"data\":{}}", "{"})
    void hasAKeyForLinesWithoutAContact(String line) throws IOException {
        assertEquals(ContactKey.NONE, key(Map.of(), line));
    }

    @Test
    void findsTheContactBesideAnythingThatPythonCanRead() throws IOException {
        String deep = "{\"data\":" + "[".repeat(5000) + "]".repeat(5000) + ",\"contact\":\"jo\"}";
        assertEquals("jo", key(Map.of(), deep));
        String longNumber = "{\"data\":" + "7".repeat(5000) + ",\"contact\":\"jo\"}";
        assertEquals("jo", key(Map.of(), longNumber));
        String longName = "{\"" + "n".repeat(100_000) + "\":1,\"contact\":\"jo\"}";
        assertEquals("jo", key(Map.of(), longName));
    }

    @Test
    void givesContactsThatAMergeJoinsOneKey() throws IOException {
        Map<String, String> joined = Map.of("al", "jo", "bo", "jo");
        assertEquals("jo", key(joined, "{\"contact\":\"al\"}"));
        assertEquals("jo", key(joined, "{\"contact\":\"jo\"}"));
        assertEquals("di", key(joined, "{\"contact\":\"di\"}"));
    }

    private static String key(Map<String, String> joined, String line) throws IOException {
        return new ContactKey(packed(joined)).of(line.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] packed(Map<String, String> joined) throws IOException {
        try (MessageBufferPacker out = MessagePack.newDefaultBufferPacker()) {
            out.packMapHeader(joined.size());
            for (Map.Entry<String, String> entry : joined.entrySet()) {
                out.packString(entry.getKey()).packString(entry.getValue());
            }
            return out.toByteArray();
        }
    }
}
