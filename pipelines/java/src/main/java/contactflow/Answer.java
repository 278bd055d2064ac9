package contactflow;

import java.io.IOException;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;

/**
 * What Python has decided for the contacts of a bundle, in their order.
 *
 * @param body the new state; null when there is nothing to keep
 * @param due the earliest instant for which something waits, {@link ContactState#NEVER} when nothing does
 * @param outputs the number of the output of each record
 * @param lines the records
 */
record Answer(byte[] body, long due, int[] outputs, byte[][] lines) {

    /** Reads {@code [[state or nil, due or nil, [[output, line]…]]…]}. */
    static Answer[] read(byte[] message, int contacts) throws IOException {
        try (MessageUnpacker in = MessagePack.newDefaultUnpacker(message)) {
            if (in.unpackArrayHeader() != contacts) {
                throw new IllegalStateException("the answer is not about the contacts that were asked about");
            }
            Answer[] answers = new Answer[contacts];
            for (int i = 0; i < contacts; i++) {
                in.unpackArrayHeader();
                byte[] body = in.tryUnpackNil() ? null : in.readPayload(in.unpackBinaryHeader());
                long due = in.tryUnpackNil() ? ContactState.NEVER : in.unpackLong();
                int count = in.unpackArrayHeader();
                int[] outputs = new int[count];
                byte[][] lines = new byte[count][];
                for (int j = 0; j < count; j++) {
                    in.unpackArrayHeader();
                    outputs[j] = in.unpackInt();
                    lines[j] = in.readPayload(in.unpackBinaryHeader());
                }
                answers[i] = new Answer(body, due, outputs, lines);
            }
            return answers;
        }
    }
}
