package contactflow;

import org.apache.flink.streaming.api.functions.sink.filesystem.OutputFileConfig;

/**
 * Names files so that their order by name is the order in which they were begun: {@code part-<instant>-…}.
 *
 * <p>All records of a contact go through one writer at a time, so that whoever reads the files in the order of their names
 * meets each contact's records in the order in which they happened.
 */
final class PartNames extends OutputFileConfig {

    private static final long serialVersionUID = 1L;

    private final long after;
    private transient long last;

    /** @param after names begin after this instant, in milliseconds: the newest one that is there already, or 0 */
    PartNames(String suffix, long after) {
        super("part", suffix);
        this.after = after;
    }

    /** Called once for each file that is begun. */
    @Override
    public String getPartPrefix() {
        last = Math.max(Math.max(last, after) + 1, System.currentTimeMillis());
        return String.format("part-%013d", last);
    }
}
