package contactflow;

import java.io.IOException;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import pemja.core.PythonInterpreter;

/**
 * The Python object that decides, behind two calls that take bytes.
 *
 * <p>Only {@code invokeMethod} is used: pemja 0.5.7 {@code invoke(name)} gives up a reference that it does not own whenever
 * the name changes, and the JVM crashes.
 */
final class PythonEngine {

    private static final String NAME = "_engine";

    private final PythonInterpreter interpreter;

    /**
     * Makes {@code module.open(options)} the engine of this interpreter. Interpreters share imported modules, so that
     * nothing but this object may hold what belongs to one subtask.
     */
    PythonEngine(PythonInterpreter interpreter, String module, String options) {
        this.interpreter = interpreter;
        interpreter.set("_options", options);
        interpreter.exec("import " + module + "\n" + NAME + " = " + module + ".open(_options)\n");
    }

    /** Tells of a definition; an empty body takes it away. */
    void define(String key, byte[] body) throws IOException {
        interpreter.invokeMethod(NAME, "define", (Object) definition(key, body));
    }

    /**
     * Tells of a definition while the job runs.
     *
     * @return null; or for one that cannot be used, and has changed nothing, {@code [output, record]}
     */
    byte[] change(String key, byte[] body) throws IOException {
        return (byte[]) interpreter.invokeMethod(NAME, "change", (Object) definition(key, body));
    }

    /** What the Python object must not forget beside the states of contacts: how far its pools have been drawn. */
    byte[] snapshot() {
        return (byte[]) interpreter.invokeMethod(NAME, "snapshot");
    }

    /** Takes over what {@link #snapshot} gave. */
    void restore(byte[] snapshot) {
        interpreter.invokeMethod(NAME, "restore", (Object) snapshot);
    }

    /** Has a bundle decided. */
    byte[] step(byte[] request) {
        return (byte[]) interpreter.invokeMethod(NAME, "step", (Object) request);
    }

    private static byte[] definition(String key, byte[] body) throws IOException {
        try (MessageBufferPacker out = MessagePack.newDefaultBufferPacker()) {
            out.packArrayHeader(2).packString(key);
            if (body.length == 0) {
                out.packNil();
            } else {
                out.packBinaryHeader(body.length).addPayload(body);
            }
            return out.toByteArray();
        }
    }
}
