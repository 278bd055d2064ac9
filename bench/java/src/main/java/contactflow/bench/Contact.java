package contactflow.bench;

import java.util.ArrayList;
import java.util.List;

/** State of one contact in the job written by hand: the part of the card that the workflow needs, and its run. */
public class Contact {

    /** A visit of a page. */
    public static class Visit {
        public long ts;
        public String url;
        public double seconds;
    }

    /** A note. */
    public static class Note {
        public long ts;
        public String text;
    }

    /** No run is live. */
    public static final long NEVER = Long.MAX_VALUE;

    public long added;
    public long clock;
    public List<Visit> visits = new ArrayList<>();
    public List<String> tags = new ArrayList<>();
    public List<Note> notes = new ArrayList<>();
    /** Hashes of the last ids, against duplicates. */
    public long[] ids = {};
    /** How many runs have begun. */
    public long runs;
    /** When the wait of the live run is over. */
    public long due = NEVER;
}
