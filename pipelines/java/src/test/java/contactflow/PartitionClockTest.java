package contactflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PartitionClockTest {

    private static final long WALL = 1_700_000_000_000L;
    private static final long LATENESS = 2000;

    @Test
    void knowsNoTimeBeforeTheFirstEvent() {
        assertEquals(PartitionClock.UNKNOWN, wall().watermark());
    }

    @Test
    void followsTheLargestTimeReadAndNeverGoesBack() {
        PartitionClock clock = wall();
        clock.read(WALL - 50_000, 0, WALL);
        clock.read(WALL - 90_000, 1, WALL);
        assertEquals(WALL - 50_000 - LATENESS - 1, clock.watermark());
    }

    @Test
    void leavesAnEventAtTheDeadlineInTime() {
        PartitionClock clock = new PartitionClock(0, true, 0, PartitionClock.UNKNOWN);
        clock.read(1000, 0, WALL);
        assertEquals(999, clock.watermark());
    }

    @Test
    void passesByTheWallWhereThereIsNothingMore() {
        PartitionClock clock = wall();
        clock.read(WALL - 50_000, 0, WALL);
        clock.nothingMore(WALL, 1);
        assertEquals(WALL - LATENESS - 1, clock.watermark());
        clock.nothingMore(WALL + 500, 1);
        assertEquals(WALL + 500 - LATENESS - 1, clock.watermark());
    }

    @Test
    void waitsForWhatIsStillToBeRead() {
        PartitionClock clock = wall();
        clock.read(WALL - 50_000, 0, WALL);
        clock.read(WALL - 40_000, 1, WALL);
        clock.nothingMore(WALL, 1); // found out before the second event
        assertEquals(WALL - 40_000 - LATENESS - 1, clock.watermark());
    }

    @Test
    void staysAtTheWallWhenOldEventsCome() {
        PartitionClock clock = wall();
        clock.nothingMore(WALL, 0);
        clock.read(WALL - 90_000, 0, WALL);
        assertEquals(WALL - LATENESS - 1, clock.watermark());
    }

    @Test
    void doesNotPassByEventsFromTheFutureNorByWhatCannotBeRead() {
        PartitionClock clock = wall();
        clock.read(WALL + PartitionClock.MAX_AHEAD_MS + 1, 0, WALL);
        clock.read(LiveEvent.NO_TIME, 1, WALL);
        assertEquals(PartitionClock.UNKNOWN, clock.watermark());
        clock.read(WALL + PartitionClock.MAX_AHEAD_MS, 2, WALL);
        assertEquals(WALL + PartitionClock.MAX_AHEAD_MS - LATENESS - 1, clock.watermark());
        assertEquals(3, clock.position());
    }

    @Test
    void leavesTheWallOutWhenToldTo() {
        PartitionClock clock = new PartitionClock(LATENESS, false, 0, PartitionClock.UNKNOWN);
        clock.nothingMore(WALL, 0);
        assertEquals(PartitionClock.UNKNOWN, clock.watermark());
        clock.read(WALL + 1_000_000_000, 0, WALL);
        clock.nothingMore(WALL, 1);
        assertEquals(WALL + 1_000_000_000 - LATENESS - 1, clock.watermark());
    }

    @Test
    void goesOnFromTheTimeThatWasReached() {
        PartitionClock clock = new PartitionClock(LATENESS, false, 7, WALL);
        assertEquals(WALL - LATENESS - 1, clock.watermark());
        assertEquals(7, clock.position());
    }

    @Test
    void needNotBeWaitedForUntilTheFirstEvent() {
        PartitionClock clock = new PartitionClock(LATENESS, false, -2, PartitionClock.UNKNOWN);
        assertFalse(clock.empty());
        clock.nothingMore(WALL, -2);
        assertTrue(clock.empty());
        clock.read(WALL, 0, WALL);
        assertFalse(clock.empty());
    }

    private static PartitionClock wall() {
        return new PartitionClock(LATENESS, true, 0, PartitionClock.UNKNOWN);
    }
}
