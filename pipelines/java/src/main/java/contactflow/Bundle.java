package contactflow;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.api.java.tuple.Tuple4;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

/** The contacts with something to do, in the order in which they came, until Python has seen them. */
final class Bundle {

    /** About what a contact takes beside its state and the lines of its events. */
    private static final int CONTACT_BYTES = 100;

    private final LinkedHashMap<String, ContactState> contacts = new LinkedHashMap<>();
    private long bytes;

    ContactState get(String key) {
        return contacts.get(key);
    }

    void put(String key, ContactState contact) {
        contacts.put(key, contact);
        bytes += contact.body == null ? 0 : contact.body.length;
    }

    void add(ContactState contact, Tuple4<String, byte[], Integer, Long> event) {
        contact.events.add(event);
        bytes += event.f1.length;
    }

    /** States and events together: what one call takes over to Python. */
    long bytes() {
        return bytes;
    }

    Map<String, ContactState> contacts() {
        return contacts;
    }

    /**
     * The request as the Python bridge reads it:
     * {@code [wall, watermark, [[key, state or nil, [[line, partition, offset]…], woken, swept]…]]}, times in milliseconds.
     */
    byte[] encode(long wall, long watermark) throws IOException {
        try (MessageBufferPacker out = packer()) {
            out.packArrayHeader(3).packLong(wall).packLong(watermark).packArrayHeader(contacts.size());
            for (Map.Entry<String, ContactState> entry : contacts.entrySet()) {
                ContactState contact = entry.getValue();
                out.packArrayHeader(5).packString(entry.getKey());
                if (contact.body == null) {
                    out.packNil();
                } else {
                    out.packBinaryHeader(contact.body.length).addPayload(contact.body);
                }
                out.packArrayHeader(contact.events.size());
                for (Tuple4<String, byte[], Integer, Long> event : contact.events) {
                    out.packArrayHeader(3).packBinaryHeader(event.f1.length).addPayload(event.f1);
                    out.packInt(event.f2).packLong(event.f3);
                }
                out.packBoolean(contact.woken).packBoolean(contact.swept);
            }
            return out.toByteArray();
        }
    }

    /** One buffer for all of it: to gather many takes as long as Python takes for an event. */
    private MessageBufferPacker packer() {
        long size = bytes + (long) contacts.size() * CONTACT_BYTES;
        return MessagePack.DEFAULT_PACKER_CONFIG
                .withBufferSize((int) Math.min(size, Integer.MAX_VALUE / 2))
                .newBufferPacker();
    }
}
