package contactflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;

class ContactOperatorTest {

    private static final Map<String, String> NONE = Map.of();

    @Test
    void asksPythonOnceForAllEventsOfABundle() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "a");
            operator.event("al", "b");
            operator.event("jo", "c");
            assertEquals(List.of(), operator.output());
            operator.barrier();
            assertEquals(
                    List.of("jo a #1 at 3:0 knows ", "jo c #2 at 3:2 knows ", "al b #1 at 3:1 knows "), operator.output());
            assertEquals(List.of("bundle 1", "bundle 1"), operator.side("calls"));
        }
    }

    @Test
    void gathersTheNextBundleWhilePythonWorksOnAFullOne() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(2, 1_000_000, NONE)) {
            operator.event("jo", "a");
            operator.event("al", "b");
            operator.event("bo", "c");
            assertEquals(0, operator.output().size());
            operator.event("jo", "d");
            assertEquals(List.of("jo a #1 at 3:0 knows ", "al b #1 at 3:1 knows "), operator.output());
            operator.barrier();
            assertEquals(List.of("bo c #1 at 3:2 knows ", "jo d #2 at 3:3 knows "), operator.output());
            assertEquals(List.of("bundle 1", "bundle 1", "bundle 2", "bundle 2"), operator.side("calls"));
        }
    }

    @Test
    void handsAContactOnFromTheBundleBeforeWithStateAndTimer() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(1, 1_000_000, NONE)) {
            operator.event("jo", "due 500");
            operator.event("jo", "due 100");
            operator.event("jo", "forget");
            operator.event("jo", "due 300");
            operator.watermark(400);
            assertEquals(
                    List.of(
                            "jo due 500 #1 at 3:0 knows ",
                            "jo due 100 #2 at 3:1 knows ",
                            "jo forget #3 at 3:2 knows ",
                            "jo due 300 #1 at 3:3 knows ",
                            "jo woken, due 300",
                            "~400"),
                    operator.output());
            assertEquals(0, operator.timers());
        }
    }

    @Test
    void throwsWhatPythonHasRaised() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(1, 1_000_000, NONE)) {
            operator.event("jo", "raise");
            Exception raised = assertThrows(Exception.class, operator::barrier);
            assertTrue(raised.getMessage().contains("jo is too much"), raised.getMessage());
        }
    }

    @Test
    void endsABundleWhenItsBytesAreMany() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            String large = "x".repeat(5 * 1024 * 1024);
            operator.event("jo", large);
            operator.event("jo", large);
            operator.event("jo", large);
            assertEquals(0, operator.output().size());
            operator.event("jo", large); // this goes to Python
            operator.event("jo", large);
            operator.event("jo", large);
            operator.event("jo", large);
            assertEquals(0, operator.output().size());
            operator.event("jo", large);
            assertEquals(4, operator.output().size());
        }
    }

    @Test
    void endsABundleWhenItIsOldEnough() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(1000, 50, NONE)) {
            operator.event("jo", "a");
            operator.processingTime(49);
            assertEquals(0, operator.output().size());
            operator.processingTime(50);
            assertEquals(1, operator.output().size());
            operator.event("jo", "b");
            operator.processingTime(99);
            assertEquals(0, operator.output().size());
            operator.processingTime(100);
            assertEquals(1, operator.output().size());
        }
    }

    @Test
    void endsABundleBeforeAWatermarkAndPassesTheWatermarkOn() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "a");
            operator.watermark(10);
            assertEquals(List.of("jo a #1 at 3:0 knows ", "~10"), operator.output());
            operator.watermark(20);
            assertEquals(List.of("~20"), operator.output());
        }
    }

    @Test
    void firesATimerOnceWhenTheWatermarkHasPassedIt() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "due 500");
            operator.watermark(499);
            operator.output();
            operator.watermark(500);
            assertEquals(List.of("jo woken, due 500", "~500"), operator.output());
            operator.watermark(501);
            assertEquals(List.of("~501"), operator.output());
            assertEquals(0, operator.timers());
        }
    }

    @Test
    void firesTheTimersOfManyContactsBeforeTheWatermarkThatFiredThemGoesOn() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(2, 1_000_000, NONE)) {
            operator.event("jo", "due 3");
            operator.event("al", "due 1");
            operator.event("bo", "due 2");
            operator.barrier();
            operator.output();
            operator.watermark(Long.MAX_VALUE);
            assertEquals(
                    List.of(
                            "al woken, due 1",
                            "bo woken, due 2",
                            "jo woken, due 3",
                            "~" + Long.MAX_VALUE),
                    operator.output());
        }
    }

    @Test
    void firesATimerOfTheOpenBundle() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "due 5");
            operator.watermark(7);
            assertEquals(List.of("jo due 5 #1 at 3:0 knows ", "jo woken, due 5", "~7"), operator.output());
        }
    }

    @Test
    void movesTheTimerForward() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "due 500");
            operator.barrier();
            operator.event("jo", "due 100");
            operator.watermark(200);
            assertEquals("jo woken, due 100", operator.output().get(2));
            assertEquals(0, operator.timers());
        }
    }

    @Test
    void wakesAContactInVainWhoseTimerWasPutOffAndThenInTime() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "due 100");
            operator.barrier();
            operator.event("jo", "due 500");
            operator.barrier();
            operator.output();
            assertEquals(1, operator.timers());
            operator.watermark(100);
            assertEquals(List.of("jo woken, nothing due", "~100"), operator.output());
            operator.watermark(500);
            assertEquals(List.of("jo woken, due 500", "~500"), operator.output());
        }
    }

    @Test
    void dropsStateAndTimerOfAContactThatPythonForgets() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "due 100");
            operator.barrier();
            assertEquals(1, operator.states());
            operator.event("jo", "forget");
            operator.barrier();
            assertEquals(0, operator.states());
            assertEquals(0, operator.timers());
        }
    }

    @Test
    void putsEachKindOfRecordOnItsOutput() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "all");
            operator.barrier();
            assertEquals(List.of("jo all #1 at 3:0 knows "), operator.output());
            assertEquals(List.of("jo output 1"), operator.side("steps"));
            assertEquals(List.of("jo output 2", "bundle 1"), operator.side("calls"));
        }
    }

    @Test
    void knowsItsDefinitionsBeforeTheFirstEvent() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(Map.of("w", "1"))) {
            operator.event("jo", "a");
            operator.barrier();
            assertEquals(List.of("jo a #1 at 3:0 knows w=1"), operator.output());
        }
    }

    @Test
    void splitsTheBundleAtAChangeOfDefinitions() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(Map.of("w", "1"))) {
            operator.event("jo", "a");
            operator.define("w", "2");
            operator.define("v", "1");
            operator.event("jo", "b");
            operator.define("w", "");
            operator.event("jo", "c");
            operator.barrier();
            assertEquals(
                    List.of("jo a #1 at 3:0 knows w=1", "jo b #2 at 3:1 knows v=1,w=2", "jo c #3 at 3:2 knows v=1"),
                    operator.output());
        }
    }

    @Test
    void looksAtEveryContactWhenADefinitionConcernsAll() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(2, 1_000_000, NONE)) {
            operator.event("jo", "due 500");
            operator.event("al", "a");
            operator.event("bo", "b");
            operator.event("jo", "c");
            operator.event("bo", "forget");
            operator.define("w", "all");
            assertEquals(
                    List.of("al swept with #1", "jo swept with #2"),
                    operator.output().stream().skip(5).sorted().toList());
            assertEquals(List.of("task 0 of 1 took w"), operator.side("steps"));
            operator.watermark(500);
            assertEquals(List.of("jo woken, due 500", "~500"), operator.output());
        }
    }

    @Test
    void leavesEverythingAsItIsAtADefinitionThatCannotBeUsed() throws Exception {
        OperatorSubtaskState snapshot;
        try (OperatorHarness operator = OperatorHarness.fresh(Map.of("w", "1"))) {
            operator.define("w", "bad");
            operator.event("jo", "a");
            snapshot = operator.snapshot();
            assertEquals(List.of("jo a #1 at 3:0 knows w=1"), operator.output());
            assertEquals(List.of("w is bad"), operator.side("steps"));
        }
        try (OperatorHarness operator = OperatorHarness.restored(snapshot, NONE)) {
            operator.event("jo", "b");
            operator.barrier();
            assertEquals(List.of("jo b #2 at 3:0 knows w=1"), operator.output());
        }
    }

    @Test
    void goesOnFromASnapshotWithWhatAllContactsShare() throws Exception {
        OperatorSubtaskState snapshot;
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "draw");
            operator.event("al", "draw");
            snapshot = operator.snapshot();
            assertEquals(List.of("jo drew 1", "al drew 2"), operator.side("steps"));
        }
        try (OperatorHarness operator = OperatorHarness.restored(snapshot, NONE)) {
            operator.event("bo", "draw");
            operator.barrier();
            assertEquals(List.of("bo drew 3"), operator.side("steps"));
        }
    }

    @Test
    void goesOnFromASnapshotWithStatesTimersAndDefinitions() throws Exception {
        OperatorSubtaskState snapshot;
        try (OperatorHarness operator = OperatorHarness.fresh(Map.of("w", "1"))) {
            operator.event("jo", "due 100");
            operator.define("w", "2");
            operator.event("al", "a"); // in the open bundle when the snapshot is taken
            snapshot = operator.snapshot();
        }
        try (OperatorHarness operator = OperatorHarness.restored(snapshot, Map.of("w", "1", "new", "1"))) {
            operator.event("al", "b");
            operator.watermark(100);
            assertEquals(List.of("al b #2 at 3:0 knows w=2", "jo woken, due 100", "~100"), operator.output());
            operator.event("jo", "due 300");
            operator.watermark(300);
            assertEquals("jo woken, due 300", operator.output().get(1));
        }
    }

    @Test
    void countsEventsAndBundlesAndTakesTheTimeOfEachCallIntoPython() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(2, 1_000_000, NONE)) {
            operator.event("jo", "a");
            assertEquals(0, operator.count("bundles"));
            operator.event("al", "b");
            operator.event("jo", "c");
            operator.barrier();
            assertEquals(2, operator.count("bundles"));
            assertEquals(3L, ((Gauge<?>) operator.metric("events")).getValue());
            Histogram step = (Histogram) operator.metric("step_ms");
            assertEquals(2, step.getCount());
            assertTrue(step.getStatistics().getMax() < 60_000, "milliseconds");
        }
    }

    @Test
    void countsDeadLettersByReasonAndStepsByOutcome() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            operator.event("jo", "letter invalid");
            operator.event("al", "letter too_large");
            operator.event("jo", "letter invalid");
            operator.event("a \" outcome", "outcome started");
            operator.event("jo", "draw"); // a step, but no JSON
            operator.barrier();
            assertEquals(2, operator.count("dead_letters", "reason", "invalid"));
            assertEquals(1, operator.count("dead_letters", "reason", "too_large"));
            assertEquals(1, operator.count("steps", "outcome", "started"));
            assertNull(operator.metric("steps", "outcome", "no"));
            assertEquals(3L, ((Gauge<?>) operator.metric("dead_letters")).getValue());
            assertEquals(2L, ((Gauge<?>) operator.metric("steps")).getValue());
        }
    }

    @Test
    void tellsHowFarItsEventTimeIsBehindTheWallClock() throws Exception {
        try (OperatorHarness operator = OperatorHarness.fresh(NONE)) {
            Gauge<?> lag = (Gauge<?>) operator.metric("watermark_lag_ms");
            operator.processingTime(1000);
            assertEquals(Double.NaN, lag.getValue());
            operator.watermark(400);
            assertEquals(600.0, lag.getValue());
            operator.watermark(Long.MAX_VALUE);
            assertEquals(Double.NaN, lag.getValue());
        }
    }
}
