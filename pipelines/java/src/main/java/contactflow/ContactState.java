package contactflow;

import java.nio.ByteBuffer;
import org.apache.flink.api.java.tuple.Tuple4;

import java.util.ArrayList;
import java.util.List;

/** One contact in the current bundle: its state when the bundle began, and what has come for it since. */
final class ContactState {

    /** No timer waits. */
    static final long NEVER = Long.MAX_VALUE;

    /** The instant of the timer registered with Flink, in milliseconds. Kept with the state, for Flink does not tell. */
    long registered = NEVER;

    /** The state as Python wrote it; null for a new contact. */
    byte[] body;

    final List<Tuple4<String, byte[], Integer, Long>> events = new ArrayList<>(2);
    /** Its timer has passed. */
    boolean woken;

    /** Every contact is looked at, for the definitions have changed. */
    boolean swept;

    /** @param stored what {@link #store} made, or null */
    ContactState(byte[] stored) {
        if (stored != null) {
            ByteBuffer in = ByteBuffer.wrap(stored);
            registered = in.getLong();
            body = new byte[in.remaining()];
            in.get(body);
        }
    }

    /** The bytes for Flink's state: registered timer, then the body. */
    static byte[] store(long registered, byte[] body) {
        return ByteBuffer.allocate(Long.BYTES + body.length).putLong(registered).put(body).array();
    }
}
