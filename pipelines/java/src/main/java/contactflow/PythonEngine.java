package contactflow;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.apache.flink.util.FlinkException;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import pemja.core.PythonInterpreter;
import pemja.core.PythonInterpreterConfig;

/**
 * The Python object that decides, behind a few calls that take bytes, on a thread of its own: while it works on a bundle, the
 * task gathers the next one and has its states read.
 *
 * <p>Only {@code invokeMethod} is used: pemja 0.5.7 {@code invoke(name)} gives up a reference that it does not own whenever
 * the name changes, and the JVM crashes.
 */
final class PythonEngine implements AutoCloseable {

    private static final String NAME = "_engine";

    private final ExecutorService thread;
    private final PythonInterpreter interpreter;
    private final LongConsumer stepped;

    /**
     * Makes {@code module.open(options, subtask, subtasks)} the engine of an interpreter. Interpreters share imported modules, so that nothing
     * but this object may hold what belongs to one subtask.
     *
     * @param python the interpreter that Flink has set up: ours finds the same modules, for they share the process's Python
     * @param stepped is told, on the interpreter's thread, how many nanoseconds Python has taken for a bundle
     */
    PythonEngine(String python, String module, String options, int subtask, int subtasks, LongConsumer stepped)
            throws Exception {
        this.stepped = stepped;
        ClassLoader classes = Thread.currentThread().getContextClassLoader();
        thread =
                Executors.newSingleThreadExecutor(
                        work -> {
                            Thread made = new Thread(work, Thread.currentThread().getName() + " (Python)");
                            made.setDaemon(true);
                            made.setContextClassLoader(classes);
                            return made;
                        });
        // Python knows its threads: the interpreter is made on the one that uses it.
        interpreter =
                call(
                        () -> {
                            PythonInterpreter made =
                                    new PythonInterpreter(
                                            PythonInterpreterConfig.newBuilder()
                                                    .setPythonExec(python)
                                                    .setExcType(PythonInterpreterConfig.ExecType.MULTI_THREAD)
                                                    .build());
                            made.set("_options", options);
                            made.set("_subtask", subtask);
                            made.set("_subtasks", subtasks);
                            made.exec(
                                    "import " + module + "\n"
                                            + NAME + " = " + module + ".open(_options, _subtask, _subtasks)\n");
                            return made;
                        });
    }

    /** Tells of a definition; an empty body takes it away. */
    void define(String key, byte[] body) throws Exception {
        ask("define", definition(key, body));
    }

    /**
     * Tells of a definition while the job runs.
     *
     * @return {@code [taken, sweep, [[output, record]…]]}: whether it was taken; whether every contact must be looked at
     */
    byte[] change(String key, byte[] body) throws Exception {
        return ask("change", definition(key, body));
    }

    /** What the Python object must not forget beside the states of contacts: how far its pools have been drawn. */
    byte[] snapshot() throws Exception {
        return call(() -> (byte[]) interpreter.invokeMethod(NAME, "snapshot"));
    }

    /** Takes over what {@link #snapshot} gave. */
    void restore(byte[] snapshot) throws Exception {
        ask("restore", snapshot);
    }

    /** Has a bundle decided, which nobody may change any more. */
    Future<byte[]> step(Bundle bundle, long wall, long watermark) {
        return thread.submit(
                () -> {
                    byte[] request = bundle.encode(wall, watermark);
                    long begin = System.nanoTime();
                    byte[] answer = (byte[]) interpreter.invokeMethod(NAME, "step", (Object) request);
                    stepped.accept(System.nanoTime() - begin);
                    return answer;
                });
    }

    /** The answer of a call, once it is there; what Python has raised is thrown. */
    static <T> T answer(Future<T> asked) throws Exception {
        try {
            return asked.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw new FlinkException(failure.getCause());
        }
    }

    /** Waits for what runs, for Python cannot be interrupted. */
    @Override
    public void close() throws InterruptedException {
        thread.submit(interpreter::close);
        thread.shutdown();
        thread.awaitTermination(1, TimeUnit.MINUTES);
    }

    private byte[] ask(String method, byte[] argument) throws Exception {
        return call(() -> (byte[]) interpreter.invokeMethod(NAME, method, (Object) argument));
    }

    private <T> T call(Callable<T> work) throws Exception {
        return answer(thread.submit(work));
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
