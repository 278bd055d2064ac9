package contactflow;

/**
 * How far time has come in one partition of the event topic: the watermark generator of the live job.
 *
 * <p>Time is the largest {@code ts} read. Where there is nothing more to read it is the wall clock, so that timers fire though
 * nobody does anything. The watermark stays behind it by the lateness that events are allowed.
 *
 * <p>The task that reads calls {@link #read}; {@link PartitionProbe} calls {@link #nothingMore} from a thread of its own.
 */
final class PartitionClock {

    /** No event has been read yet. */
    static final long UNKNOWN = Long.MIN_VALUE;

    /** What is further ahead of the wall clock is a dead letter, and time does not pass by it. */
    static final long MAX_AHEAD_MS = 5 * 60 * 1000;

    private final long lateness;
    private final boolean wallCounts;

    private long latest;
    private volatile long position;
    private volatile long quietSince = UNKNOWN;
    private volatile boolean drained;

    /**
     * @param lateness how many milliseconds late an event may come and still be in time
     * @param wallCounts whether the wall clock passes where there is nothing to read
     * @param position offset from which the partition is read on; negative for its beginning
     * @param latest largest {@code ts} that was read before, or {@link #UNKNOWN}
     */
    PartitionClock(long lateness, boolean wallCounts, long position, long latest) {
        this.lateness = lateness;
        this.wallCounts = wallCounts;
        this.position = position;
        this.latest = latest;
    }

    /**
     * An event has been read.
     *
     * @param ts of the event, or {@link LiveEvent#NO_TIME}
     * @param offset of the event
     * @param wall the wall clock, milliseconds
     */
    void read(long ts, long offset, long wall) {
        if (ts > latest && !(wallCounts && ts > wall + MAX_AHEAD_MS)) {
            latest = ts;
        }
        position = offset + 1;
    }

    /**
     * All that was in the partition at some moment has been read, and nothing has come for a while.
     *
     * @param wall that moment
     * @param at the position of which this was found out: it says nothing when an event has come since
     */
    void nothingMore(long wall, long at) {
        if (at == position) {
            drained = true;
            if (wallCounts) {
                quietSince = wall;
            }
        }
    }

    /** The offset of the next event. */
    long position() {
        return position;
    }

    /** The largest {@code ts} read, or {@link #UNKNOWN}. */
    long latest() {
        return latest;
    }

    /** Time has passed this instant; {@link #UNKNOWN} when nothing is known of it. */
    long watermark() {
        long reached = Math.max(latest, quietSince);
        // An event exactly at a deadline is in time, hence the one.
        return reached == UNKNOWN ? UNKNOWN : reached - lateness - 1;
    }

    /** Whether the partition has never had an event, so that the others need not wait for it. */
    boolean empty() {
        return latest == UNKNOWN && quietSince == UNKNOWN && drained;
    }
}
