package contactflow.bench;

import java.util.Arrays;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** The workflow of the comparison as a Flink user would write it in Java for this one workflow. */
public final class HandWritten
        extends KeyedProcessFunction<String, Tuple4<String, byte[], Integer, Long>, Tuple2<String, byte[]>> {

    /** What an action leaves. */
    public record Action(
            String action_id, String contact, String action, String status, long ts, String run, String node, String text) {}

    /** What a step of a run leaves. */
    public record Step(String contact, String outcome, long ts, String workflow, String run, String node, String to) {}

    private static final long serialVersionUID = 1L;

    private static final TupleTypeInfo<Tuple2<String, byte[]>> RECORD =
            new TupleTypeInfo<>(Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    private static final OutputTag<Tuple2<String, byte[]>> STEPS = new OutputTag<>("steps", RECORD);

    private static final String WORKFLOW = "offer-follow-up";
    private static final String OFFER = "/offer/";
    private static final long DAY_MS = 86_400_000;
    private static final long WAIT_MS = 2 * DAY_MS;
    private static final long WITHIN_MS = 7 * DAY_MS;
    private static final int KEEN_VISITS = 2;
    private static final int VISITS_KEPT = 200;
    private static final int NOTES_KEPT = 100;
    private static final int IDS_KEPT = 256;

    private transient ObjectMapper json;
    private transient ValueState<Contact> contacts;

    /** Adds the job to the stream: actions and steps, counted and thrown away. */
    public static void run(DataStream<Tuple4<String, byte[], Integer, Long>> visits) {
        KeySelector<Tuple4<String, byte[], Integer, Long>, String> contact = event -> event.f0;
        SingleOutputStreamOperator<Tuple2<String, byte[]>> actions =
                visits.keyBy(contact, Types.STRING).process(new HandWritten(), RECORD).name("contacts");
        Records.discard(actions, "actions");
        Records.discard(actions.getSideOutput(STEPS), "steps");
    }

    @Override
    public void open(OpenContext context) {
        json = new ObjectMapper();
        contacts = getRuntimeContext().getState(new ValueStateDescriptor<>("contact", Contact.class));
    }

    @Override
    public void processElement(
            Tuple4<String, byte[], Integer, Long> event, Context context, Collector<Tuple2<String, byte[]>> out)
            throws Exception {
        JsonNode tree = json.readTree(event.f1);
        String key = event.f0;
        long ts = tree.get("ts").asLong();
        Contact contact = contacts.value();
        if (contact == null) {
            contact = new Contact();
            contact.added = ts;
        }
        if (seen(contact, tree.get("id").asText())) {
            return;
        }
        if (contact.due < ts) {
            context.timerService().deleteEventTimeTimer(contact.due);
            afterPause(contact, key, context, out);
        }
        contact.clock = Math.max(contact.clock, ts);
        if (tree.get("type").asText().equals("url_visited")) {
            visited(contact, key, tree.get("data"), ts, context);
        }
        contacts.update(contact);
    }

    @Override
    public void onTimer(long due, OnTimerContext context, Collector<Tuple2<String, byte[]>> out) throws Exception {
        Contact contact = contacts.value();
        if (contact != null && contact.due == due) {
            afterPause(contact, context.getCurrentKey(), context, out);
            contacts.update(contact);
        }
    }

    private static boolean seen(Contact contact, String id) {
        long mark = 0xcbf29ce484222325L; // FNV-1a
        for (int i = 0; i < id.length(); i++) {
            mark = (mark ^ id.charAt(i)) * 0x100000001b3L;
        }
        for (long one : contact.ids) {
            if (one == mark) {
                return true;
            }
        }
        int kept = Math.min(contact.ids.length, IDS_KEPT - 1);
        long[] ids = Arrays.copyOfRange(contact.ids, contact.ids.length - kept, contact.ids.length + 1);
        ids[kept] = mark;
        contact.ids = ids;
        return false;
    }

    private void visited(Contact contact, String key, JsonNode data, long ts, Context context) throws Exception {
        Contact.Visit visit = new Contact.Visit();
        visit.ts = ts;
        visit.url = data.get("url").asText();
        visit.seconds = data.path("seconds").asDouble();
        contact.visits.add(visit);
        if (contact.visits.size() > VISITS_KEPT) {
            contact.visits.remove(0);
        }
        if (!visit.url.toLowerCase().contains(OFFER)) {
            return;
        }
        if (contact.due != Contact.NEVER) {
            step(context, key, "dropped", ts, null, "looked", "already_running");
            return;
        }
        contact.runs++;
        contact.due = ts + WAIT_MS;
        context.timerService().registerEventTimeTimer(contact.due);
        String run = run(contact, key);
        step(context, key, "started", ts, run, null, "looked");
        step(context, key, "parked", ts, run, "pause", null);
    }

    private void afterPause(Contact contact, String key, Context context, Collector<Tuple2<String, byte[]>> out)
            throws Exception {
        long now = contact.due;
        String run = run(contact, key);
        contact.due = Contact.NEVER;
        contact.clock = now;
        step(context, key, "waited", now, run, "pause", "keen");
        int found = 0;
        for (Contact.Visit visit : contact.visits) {
            if (visit.ts > now - WITHIN_MS && visit.ts <= now && visit.url.toLowerCase().contains(OFFER)) {
                found++;
            }
        }
        if (found >= KEEN_VISITS) {
            step(context, key, "passed", now, run, "keen", "mark");
            if (!contact.tags.contains("keen")) {
                contact.tags.add("keen");
            }
            action(out, key, "add_tag", "applied", now, run, "mark", "keen");
            step(context, key, "done", now, run, "mark", "tell");
            action(out, key, "alert_user", "requested", now, run, "tell", "Looks at offers again");
            step(context, key, "done", now, run, "tell", null);
        } else {
            step(context, key, "failed_condition", now, run, "keen", "note");
            Contact.Note note = new Contact.Note();
            note.ts = now;
            note.text = "Looked at an offer once";
            contact.notes.add(note);
            if (contact.notes.size() > NOTES_KEPT) {
                contact.notes.remove(0);
            }
            action(out, key, "add_note", "applied", now, run, "note", note.text);
            step(context, key, "done", now, run, "note", null);
        }
        step(context, key, "completed", now, run, null, null);
    }

    private static String run(Contact contact, String key) {
        return WORKFLOW + "/" + key + "/" + contact.runs;
    }

    private void action(
            Collector<Tuple2<String, byte[]>> out,
            String key,
            String action,
            String status,
            long ts,
            String run,
            String node,
            String text)
            throws JsonProcessingException {
        Action made = new Action(run + "/" + node, key, action, status, ts, run, node, text);
        out.collect(Tuple2.of(key, json.writeValueAsBytes(made)));
    }

    private void step(Context context, String key, String outcome, long ts, String run, String node, String to)
            throws JsonProcessingException {
        Step made = new Step(key, outcome, ts, WORKFLOW, run, node, to);
        context.output(STEPS, Tuple2.of(key, json.writeValueAsBytes(made)));
    }
}
