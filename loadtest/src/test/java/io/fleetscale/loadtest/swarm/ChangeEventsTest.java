package io.fleetscale.loadtest.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.netmap.Netmap;
import io.fleetscale.loadtest.netmap.Violation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two groups of two: what is planted in their netmaps must be found. */
class ChangeEventsTest {
    private final TailnetModel model = new TailnetModel(2);
    private final ChangeEvents events = new ChangeEvents(model);
    private final ClientLoops loops = new ClientLoops(1);
    private final Swarm swarm = new Swarm(loops, List.of(ControlUrl.parse("http://127.0.0.1:9")), true, events, model);

    @BeforeEach
    void join() throws Exception {
        for (int i = 0; i < 4; i++) {
            swarm.admit(swarm.prepare("m" + i, NodeObserver.NONE));
        }
        for (int i = 0; i < 4; i++) {
            tell(i, full(i, (i + 2) % 4));
            events.know(i + 1, i);
        }
    }

    @AfterEach
    void close() {
        swarm.close();
        loops.close();
    }

    private Member member(int number) {
        return swarm.members().get(number);
    }

    private void tell(int viewer, String json) throws Exception {
        Netmap view = (Netmap) member(viewer).view();
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        if (json.contains("\"Domain\"")) {
            view.begin();
        }
        var unused = view.message(bytes, bytes.length, bytes.length);
    }

    private String full(int viewer, int peer) {
        return "{\"Node\":" + node(viewer, "m" + viewer) + ",\"Domain\":\"x\",\"Peers\":[" + node(peer, "m" + peer)
                + "]}";
    }

    private String node(int number, String name) {
        return "{\"ID\":" + (number + 1) + ",\"Name\":\"" + name + ".example.\",\"Key\":\""
                + member(number).node().identity().nodeKey() + "\",\"Addresses\":[\"100.64.0." + number
                + "/32\"],\"Online\":true,\"Tags\":[\"tag:g" + number % 2 + "\"]}";
    }

    private List<Violation.Kind> found() {
        List<Violation> all = swarm.violations();
        all.addAll(events.violations());
        return all.stream().map(Violation::kind).distinct().toList();
    }

    @Test
    void aTailnetAsItMustBeIsFine() throws Exception {
        assertThat(found()).isEmpty();
        model.renamed(member(2), "new");
        assertThat(found()).containsOnly(Violation.Kind.STALE);
        tell(0, "{\"PeersChanged\":[" + node(2, "new") + "]}");
        tell(2, "{\"Node\":" + node(2, "new") + "}");
        assertThat(found()).isEmpty();
    }

    @Test
    void findsALostPeer() throws Exception {
        tell(0, "{\"PeersRemoved\":[3]}");
        assertThat(found()).containsOnly(Violation.Kind.LOST);
    }

    @Test
    void findsAPeerOfAnotherGroupEvenAfterItHasGoneAgain() throws Exception {
        tell(0, "{\"PeersChanged\":[" + node(1, "m1") + "]}");
        assertThat(found()).containsOnly(Violation.Kind.FORBIDDEN);
        tell(0, "{\"PeersRemoved\":[2]}");
        assertThat(found()).containsOnly(Violation.Kind.FORBIDDEN);
    }

    @Test
    void findsADeletedNodeThatIsStillThere() {
        model.gone(member(2));
        assertThat(found()).containsOnly(Violation.Kind.FORBIDDEN);
    }

    @Test
    void findsADuplicatedName() throws Exception {
        tell(0, "{\"PeersChanged\":[" + node(1, "m2") + "]}");
        assertThat(found()).contains(Violation.Kind.DUPLICATED);
    }

    @Test
    void timesEachChangeOncePerSession() throws Exception {
        events.expectName(3, "later");
        tell(0, "{\"PeersChanged\":[" + node(2, "later") + "]}");
        tell(0, "{\"PeersChanged\":[" + node(2, "later") + "]}");
        assertThat(events.takeArrivals().getTotalCount()).isEqualTo(1);
    }

    @Test
    void countsOnlyPeersThatAreThereAsFalselyOffline() throws Exception {
        tell(0, "{\"OnlineChange\":{\"3\":false}}");
        assertThat(events.falseOffline()).isEqualTo(1);
        tell(0, "{\"OnlineChange\":{\"3\":true}}");
        assertThat(model.claim(member(2))).isTrue();
        tell(0, "{\"OnlineChange\":{\"3\":false}}");
        assertThat(events.falseOffline()).isEqualTo(1);
    }
}
