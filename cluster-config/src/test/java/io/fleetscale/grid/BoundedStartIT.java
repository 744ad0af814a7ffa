package io.fleetscale.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.ignite.IgniteException;
import org.apache.ignite.Ignition;
import org.apache.ignite.configuration.IgniteConfiguration;
import org.apache.ignite.failure.StopNodeFailureHandler;
import org.apache.ignite.lifecycle.LifecycleEventType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BoundedStartIT {
    @TempDir
    Path work;

    /** It waits for something that does not come, as for an exchange with a member that is being lost. */
    private IgniteConfiguration hanging(String name) {
        GridConfig config = GridConfig.alone("a", "1.0.0", work, List.of());
        return IgniteSettings.of(config, name, new StopNodeFailureHandler()).setLifecycleBeans(event -> {
            if (event == LifecycleEventType.BEFORE_NODE_START) {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    throw new IgniteException("interrupted", e);
                }
            }
        });
    }

    @Test
    void givesUpAStartThatHangs() {
        assertThatThrownBy(() -> BoundedStart.of(hanging("hangs"), Duration.ofSeconds(1)))
                .isInstanceOf(GridException.class)
                .hasMessage("the grid could not be joined within 1 s");
        assertThat(Ignition.allGrids()).noneMatch(grid -> grid.name().equals("hangs"));
    }
}
