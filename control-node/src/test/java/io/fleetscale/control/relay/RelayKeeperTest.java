package io.fleetscale.control.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.changelog.testing.MemoryChangelog;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.derpmap.RelayMember;
import io.fleetscale.control.derpmap.RelayMembers;
import io.fleetscale.wire.tailcfg.DerpMap;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Relays come and go; time is the test's own. */
class RelayKeeperTest {
    private final MemoryChangelog changelog = new MemoryChangelog(InstantSource.system(), 1);
    private final AtomicLong nanos = new AtomicLong();
    private final SharedGrid grid = new SharedGrid();
    private final RelaySightings sightings = new RelaySightings(grid, nanos::get);
    private final Set<String> answering = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean elected = new AtomicBoolean(true);
    private final RelayKeeper keeper =
            new RelayKeeper(changelog, sightings, relay -> answering.contains(relay.name()), elected::get);
    private final Relays relays = new Relays(changelog, sightings);
    private long beat;

    @AfterEach
    void stop() {
        keeper.close();
    }

    @Test
    void theMapFollowsTheRelaysInTheOrderOfTheirRegistration() {
        keeper.start();
        beat("b");
        await().until(() -> names().equals(List.of("b")));
        beat("a");
        await().until(() -> names().equals(List.of("b", "a")));
        passSilence();
        beat("a");
        await().until(() -> names().equals(List.of("a")));
        // back at its old place
        beat("b");
        await().until(() -> names().equals(List.of("b", "a")));
    }

    @Test
    void relaysThatComeTogetherChangeTheMapOnce() {
        for (String name : List.of("a", "b", "c")) {
            beat(name);
        }
        keeper.start();
        await().until(() -> names().equals(List.of("a", "b", "c")));
        assertThat(changelog.image().version()).isEqualTo(1);
    }

    @Test
    void silenceRemovesNobodyWhoAnswersAndNotTheLastOfARegion() {
        keeper.start();
        beat("a");
        beat("b");
        await().until(() -> names().size() == 2);
        answering.add("b");
        passSilence();
        await().until(() -> names().equals(List.of("b")));
        answering.clear();
        passSilence();
        await().during(Duration.ofMillis(800)).until(() -> names().equals(List.of("b")));
    }

    @Test
    void withoutTheDatabaseOrTheElectionNothingChanges() {
        keeper.start();
        beat("a");
        beat("b");
        await().until(() -> names().size() == 2);
        changelog.setAway(true);
        passSilence();
        beat("a");
        await().during(Duration.ofMillis(800)).until(() -> names().size() == 2);
        elected.set(false);
        changelog.setAway(false);
        await().during(Duration.ofMillis(800)).until(() -> names().size() == 2);
    }

    @Test
    void whoLeavesGoesAtOnceUnlessItIsTheLast() {
        keeper.start();
        beat("a");
        beat("b");
        await().until(() -> names().size() == 2);
        leave("a");
        await().until(() -> names().equals(List.of("b")));
        leave("b");
        await().during(Duration.ofMillis(800)).until(() -> names().equals(List.of("b")));
    }

    @Test
    void aDrainedRelayStaysOutUntilItIsUndrained() {
        keeper.start();
        beat("a");
        beat("b");
        await().until(() -> names().size() == 2);
        assertThat(relays.drain("a", false).join().member().state()).isEqualTo(RelayMember.State.DRAINING);
        beat("a");
        await().during(Duration.ofMillis(800)).until(() -> names().equals(List.of("b")));
        assertThatThrownBy(() -> relays.drain("b", false).join()).hasMessageContaining("is the last one of region 900");
        assertThat(relays.undrain("a").join().member().state()).isEqualTo(RelayMember.State.SERVING);
        assertThat(names()).containsExactly("a", "b");
        assertThat(relays.remove("b", false).join().member().name()).isEqualTo("b");
        assertThat(relays.remove("a", true).join().member().name()).isEqualTo("a");
        assertThat(names()).isEmpty();
    }

    /** Heartbeats at another instance are seen through the grid. */
    @Test
    void instancesShareWhatTheySee() {
        keeper.start();
        RelaySightings other = new RelaySightings(grid, nanos::get);
        other.heartbeat(report("a", false));
        await().until(() -> names().equals(List.of("a")));
    }

    private void beat(String name) {
        sightings.heartbeat(report(name, false));
    }

    private void leave(String name) {
        sightings.heartbeat(report(name, true));
    }

    private void passSilence() {
        nanos.addAndGet(RelaySightings.SILENCE.toNanos() + 1);
    }

    private RelayReport report(String name, boolean leaving) {
        return RelayReport.parse("""
                {"name":"%s","region_id":900,"region_code":"lab","region_name":"Lab","host":"127.0.0.1","derp_port":8443,
                "stun_port":3478,"ipv4":"127.0.0.1","ipv6":"none","cert_name":"","public_key":"nodekey:%s",
                "leaving":%s,"beat":%d,"run":"r"}""".formatted(name, "ab".repeat(32), leaving, ++beat));
    }

    private List<String> names() {
        DerpMap map = DerpMapSettings.effective(changelog.image());
        List<String> names = new ArrayList<>();
        map.regions().values().forEach(region -> region.nodes().forEach(relay -> names.add(relay.name())));
        assertThat(RelayMembers.of(changelog.image()).meshGeneration(900)).isZero();
        return names;
    }

    private static final class SharedGrid implements RelayGrid {
        private final Map<String, RelayReport> reports = new ConcurrentHashMap<>();

        @Override
        public void show(RelayReport report) {
            reports.put(report.member().name(), report);
        }

        @Override
        public Optional<List<RelayReport>> shown() {
            return Optional.of(List.copyOf(reports.values()));
        }
    }
}
