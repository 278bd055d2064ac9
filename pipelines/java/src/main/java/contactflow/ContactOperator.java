package contactflow;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.python.PythonOptions;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.operators.python.embedded.AbstractEmbeddedPythonFunctionOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.flink.util.OutputTag;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;

/**
 * Keeps the state and the one timer of each contact, and has Python decide once a bundle.
 *
 * <p>Input 1: events, keyed by contact ({@link Wire#EVENT}). Input 2: definitions, broadcast ({@link Wire#DEFINITION}).
 * Output: actions; every other kind of record is a side output ({@link Wire#output}).
 *
 * <p>A bundle ends when it is full (count or bytes) or old enough, at a checkpoint barrier, at a watermark, before a change of
 * definitions and at the end of input, so that all of them see the work that came before them done. A bundle that is merely
 * full goes to Python while the next one is gathered; it is done before the next one goes.
 */
public final class ContactOperator extends AbstractEmbeddedPythonFunctionOperator<Tuple2<String, byte[]>>
        implements TwoInputStreamOperator<Tuple4<String, byte[], Integer, Long>, Tuple2<String, byte[]>, Tuple2<String, byte[]>>,
                Triggerable<String, VoidNamespace> {

    private static final long serialVersionUID = 1L;

    private static final String STATE = "contact";

    private static final long MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

    private final String module;
    private final String options;
    private final TreeMap<String, byte[]> initial;
    private final String[] outputNames;

    private transient PythonEngine engine;
    private transient Bundle bundle;
    private transient Bundle asked;
    private transient Future<byte[]> answer;
    private transient ValueState<byte[]> states;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient BroadcastState<String, byte[]> definitions;
    private transient ListState<byte[]> shared;
    private transient List<OutputTag<Tuple2<String, byte[]>>> outputs;
    private transient LongCounter events;
    private transient LongCounter[] records;
    private transient ContactMetrics telemetry;

    /**
     * @param config settings of the job, {@code python.*} among them
     * @param module Python module whose {@code open(options, subtask, subtasks)} gives the object to call
     * @param options handed to it
     * @param definitions what holds on a fresh start, before the first event; a restored job goes on with its own
     * @param outputNames the kinds of record by number; 0 is the main output
     */
    public ContactOperator(
            Configuration config,
            String module,
            String options,
            Map<String, byte[]> definitions,
            List<String> outputNames) {
        super(config);
        this.module = module;
        this.options = options;
        this.initial = new TreeMap<>(definitions);
        this.outputNames = outputNames.toArray(String[]::new);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        definitions =
                context.getOperatorStateStore()
                        .getBroadcastState(
                                new MapStateDescriptor<>(
                                        "definitions",
                                        Types.STRING,
                                        PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        if (!context.isRestored()) {
            definitions.putAll(initial);
        }
        shared =
                context.getOperatorStateStore()
                        .getListState(
                                new ListStateDescriptor<>(
                                        "shared", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        shared.update(List.of(engine.snapshot()));
    }

    @Override
    public void open() throws Exception {
        bundle = new Bundle();
        outputs = Wire.outputs(outputNames);
        events = counter("events");
        records = new LongCounter[outputNames.length];
        for (int i = 0; i < records.length; i++) {
            records[i] = counter(outputNames[i]);
        }
        telemetry = new ContactMetrics(getMetricGroup(), outputNames);
        super.open();
        states =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>(
                                        STATE, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        timers = getInternalTimerService("due", VoidNamespaceSerializer.INSTANCE, this);
        telemetry.clocks(getProcessingTimeService()::getCurrentProcessingTime, timers::currentWatermark);
        TreeMap<String, byte[]> inOrder = new TreeMap<>();
        definitions.entries().forEach(entry -> inOrder.put(entry.getKey(), entry.getValue()));
        for (Map.Entry<String, byte[]> entry : inOrder.entrySet()) {
            engine.define(entry.getKey(), entry.getValue());
        }
        for (byte[] part : shared.get()) {
            engine.restore(part);
        }
        // Definitions have no event time: they must not hold back that of the events.
        processWatermarkStatus2(WatermarkStatus.IDLE);
    }

    @Override
    public void openPythonInterpreter() {
        try {
            TaskInfo task = getRuntimeContext().getTaskInfo();
            engine =
                    new PythonEngine(
                            config.get(PythonOptions.PYTHON_EXECUTABLE),
                            module,
                            options,
                            task.getIndexOfThisSubtask(),
                            task.getNumberOfParallelSubtasks(),
                            telemetry::answered);
        } catch (Exception failure) {
            throw new FlinkRuntimeException(failure);
        }
    }

    @Override
    public void processElement1(StreamRecord<Tuple4<String, byte[], Integer, Long>> element) throws Exception {
        Tuple4<String, byte[], Integer, Long> event = element.getValue();
        bundle.add(contact(event.f0), event);
        events.add(1);
        grown();
    }

    @Override
    public void processElement2(StreamRecord<Tuple2<String, byte[]>> element) throws Exception {
        invokeFinishBundle(); // events that came before the change see the old definitions
        String key = element.getValue().f0;
        byte[] body = element.getValue().f1;
        try (MessageUnpacker in = MessagePack.newDefaultUnpacker(engine.change(key, body))) {
            in.unpackArrayHeader();
            boolean taken = in.unpackBoolean();
            boolean sweep = in.unpackBoolean();
            for (int left = in.unpackArrayHeader(); left > 0; left--) {
                in.unpackArrayHeader();
                emit(in.unpackInt(), ContactKey.NONE, in.readPayload(in.unpackBinaryHeader()));
            }
            if (taken && body.length == 0) {
                definitions.remove(key);
            } else if (taken) {
                definitions.put(key, body);
            }
            if (sweep) {
                sweep();
            }
        }
    }

    /**
     * Has Python look at every contact, for a change that concerns runs which nothing else may ever wake.
     *
     * <p>It is done before anything else is, so that a checkpoint holds the change with all that it does, or neither.
     */
    private void sweep() throws Exception {
        List<String> keys;
        try (Stream<String> known = this.<String>getKeyedStateBackend().getKeys(STATE, VoidNamespace.INSTANCE)) {
            keys = known.toList(); // states are written meanwhile
        }
        for (String key : keys) {
            setCurrentKey(key);
            contact(key).swept = true;
            grown();
        }
        invokeFinishBundle();
    }

    @Override
    public void processWatermark2(Watermark mark) throws Exception {
        // Any other watermark would make this input count again, and hold back the events.
        if (mark.equals(Watermark.MAX_WATERMARK)) {
            super.processWatermark2(mark);
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        // With a bundle open the base class would put the watermark off. With none open it fires the timers, has the bundle
        // finished that they fill, and passes the watermark on after the records.
        invokeFinishBundle();
        super.processWatermark(mark);
    }

    @Override
    public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
        ContactState contact = contact(timer.getKey());
        if (contact.registered == timer.getTimestamp()) {
            contact.registered = ContactState.NEVER;
        }
        contact.woken = true;
        grown();
    }

    @Override
    public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) {
        throw new IllegalStateException("no timer of processing time is ever set");
    }

    @Override
    public boolean isBundleFinished() {
        return elementCount == 0 && asked == null;
    }

    @Override
    protected void invokeFinishBundle() throws Exception {
        if (elementCount > 0) {
            ask();
        }
        if (asked != null) {
            Bundle last = asked;
            asked = null;
            apply(last, answer(last), bundle);
        }
        // The base class ends bundles by this time, but leaves it to us to note it.
        lastFinishBundleTime = getProcessingTimeService().getCurrentProcessingTime();
    }

    @Override
    public void close() throws Exception {
        if (engine != null) {
            engine.close();
        }
        super.close();
    }

    /** Hands the bundle over to Python, and begins another; what came of the one before is taken over meanwhile. */
    private void ask() throws Exception {
        Bundle before = asked;
        asked = null;
        Answer[] answers = before == null ? null : answer(before);
        Bundle next = bundle;
        bundle = new Bundle();
        elementCount = 0;
        long wall = getProcessingTimeService().getCurrentProcessingTime();
        answer = engine.step(next, wall, timers.currentWatermark());
        asked = next;
        telemetry.asked();
        lastFinishBundleTime = wall; // the base class ends bundles by this time, but leaves it to us to note it
        if (before != null) {
            apply(before, answers, next);
        }
    }

    /** Waits for Python's answer to a bundle; contacts that have come again since get their new states. */
    private Answer[] answer(Bundle of) throws Exception {
        Answer[] answers = Answer.read(PythonEngine.answer(answer), of.contacts().size());
        int i = 0;
        for (String key : of.contacts().keySet()) {
            ContactState again = bundle.get(key);
            if (again != null) {
                again.body = answers[i].body();
            }
            i++;
        }
        return answers;
    }

    /** The contact of the current key in the current bundle. */
    private ContactState contact(String key) throws IOException {
        ContactState contact = bundle.get(key);
        if (contact == null) {
            // While Python works on the contact its state is not known; `answer` and `apply` hand it in.
            boolean open = asked != null && asked.get(key) != null;
            contact = new ContactState(open ? null : states.value());
            bundle.put(key, contact);
        }
        return contact;
    }

    private void grown() throws Exception {
        elementCount++;
        if (elementCount >= maxBundleSize || bundle.bytes() >= MAX_BUNDLE_BYTES) {
            ask();
        }
    }

    /** Takes the answers to a bundle over, in its order; {@code next} is the bundle that came after it. */
    private void apply(Bundle done, Answer[] answers, Bundle next) throws Exception {
        int i = 0;
        for (Map.Entry<String, ContactState> entry : done.contacts().entrySet()) {
            Answer answer = answers[i++];
            String key = entry.getKey();
            setCurrentKey(key);
            long registered = timer(entry.getValue().registered, answer.due());
            if (answer.body() == null) {
                states.clear();
            } else {
                states.update(ContactState.store(registered, answer.body()));
            }
            ContactState again = next.get(key);
            if (again != null) {
                again.registered = registered;
            }
            for (int j = 0; j < answer.lines().length; j++) {
                emit(answer.outputs()[j], key, answer.lines()[j]);
            }
        }
    }

    /**
     * Sees to it that the contact is woken when it is due, and gives the instant that is registered then.
     *
     * <p>A timer that turns out too early stays: its waking does nothing but register the later one, which costs less than to
     * move the timer with every event of a contact that is waiting for silence.
     */
    private long timer(long registered, long due) {
        if (due >= registered && due != ContactState.NEVER || due == registered) {
            return registered;
        }
        if (registered != ContactState.NEVER) {
            timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, registered);
        }
        if (due != ContactState.NEVER) {
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, due);
        }
        return due;
    }

    private void emit(int number, String key, byte[] line) {
        records[number].add(1);
        telemetry.emitted(number, line);
        StreamRecord<Tuple2<String, byte[]>> made = new StreamRecord<>(Tuple2.of(key, line));
        if (number == 0) {
            output.collect(made);
        } else {
            output.collect(outputs.get(number), made);
        }
    }

    private LongCounter counter(String name) {
        LongCounter counter = new LongCounter();
        getRuntimeContext().addAccumulator(name, counter);
        getMetricGroup().gauge(name, counter::getLocalValue);
        return counter;
    }
}
