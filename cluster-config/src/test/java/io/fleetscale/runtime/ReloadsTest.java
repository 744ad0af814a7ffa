package io.fleetscale.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class ReloadsTest {
    @Test
    void eachPartIsReadByItself() {
        List<String> read = new CopyOnWriteArrayList<>();
        try (Reloads reloads = new Reloads()) {
            reloads.add("first", () -> read.add("first"));
            reloads.add("broken", () -> {
                throw new IOException("not a policy");
            });
            reloads.add("last", () -> read.add("last"));
            reloads.reload();
            assertThat(read).containsExactly("first", "last");
        }
    }

    @Test
    void aSignalReloadsWithoutEndingTheProcess() throws Exception {
        List<String> read = new CopyOnWriteArrayList<>();
        try (Reloads reloads = new Reloads()) {
            reloads.add("part", () -> read.add("read"));
            reloads.install();
            Process kill = new ProcessBuilder(
                            "kill",
                            "-HUP",
                            Long.toString(ProcessHandle.current().pid()))
                    .start();
            assertThat(kill.waitFor()).isZero();
            await().until(() -> !read.isEmpty());
        }
    }
}
