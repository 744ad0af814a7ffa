package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registrations and administrative writes while the program is killed at random points: nothing acknowledged is lost. */
class CrashIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int MAX_PAUSE_MILLIS = 40;

    @TempDir
    Path directory;

    @Test
    void losesNothingOverTwoKills() throws Exception {
        crash(2, 30, 60);
    }

    @Test
    @Tag("full")
    void losesNothingOverTwentyKills() throws Exception {
        crash(20, 200, 500);
    }

    private void crash(int kills, int registrations, int writes) throws Exception {
        long seed = System.nanoTime();
        System.out.println("CrashIT seed " + seed);
        Random random = new Random(seed);
        int[] points = IntStream.generate(() -> random.nextInt(registrations + writes))
                .limit(kills)
                .sorted()
                .toArray();
        try (DevProcess dev = new DevProcess(directory).start();
                CrashLoad load = new CrashLoad(dev, registrations, writes)) {
            load.start();
            for (int point : points) {
                await().atMost(LIMIT).pollInterval(Duration.ofMillis(1)).until(() -> load.acknowledged() >= point);
                TimeUnit.MILLISECONDS.sleep(random.nextInt(MAX_PAUSE_MILLIS)); // the kill falls anywhere in a write
                dev.kill();
                dev.start();
            }
            load.awaitEnd(LIMIT);
            load.verify();
            dev.kill();
            dev.start();
            load.verify();
            assertThat(load.acknowledged()).isEqualTo(registrations + writes);
        }
    }
}
