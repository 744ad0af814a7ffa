package io.fleetscale.loadtest.netmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fleetscale.loadtest.client.ControlException;
import io.fleetscale.loadtest.client.MapReceiver.Kind;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both views are given the same messages; what only the strict one knows is asked of it alone. */
class NetmapTest {
    private static final String FULL = "{\"Node\":" + node(1, 10001) + ",\"Domain\":\"example\",\"Peers\":["
            + node(2, 10002) + "," + node(3, 10003) + "]}";

    static List<PeerView> views() {
        return List.of(new Netmap(0, PeerEvents.NONE), new LightView(0, PeerEvents.NONE));
    }

    @ParameterizedTest
    @MethodSource("views")
    void appliesMessagesInTheClientsOrder(PeerView view) throws Exception {
        view.begin();
        assertThat(tell(view, "{\"KeepAlive\":true,\"ControlTime\":\"2026-08-22T15:49:50Z\"}"))
                .isEqualTo(Kind.KEEP_ALIVE);
        assertThat(tell(view, FULL)).isEqualTo(Kind.FULL);
        assertThat(view.selfId()).isEqualTo(1);
        assertThat(view.missing(ids(1, 2, 3), PeerView.Degree.REACHABLE)).isZero();
        assertThat(view.missing(ids(2, 3, 4), PeerView.Degree.LISTED)).isEqualTo(1);

        // the order in the text is not the order in which it counts
        assertThat(tell(
                        view,
                        "{\"PeersChangedPatch\":[{\"NodeID\":4,\"Online\":false}],\"OnlineChange\":{\"3\":false},\"PeersChanged\":["
                                + node(4, 10004) + "],\"PeersRemoved\":[2]}"))
                .isEqualTo(Kind.DELTA);
        assertThat(view.missing(ids(2, 3, 4), PeerView.Degree.LISTED)).isEqualTo(1);
        assertThat(view.missing(ids(3, 4), PeerView.Degree.ONLINE)).isEqualTo(2);

        assertThat(tell(view, "{\"Peers\":[" + node(5, 10005) + "],\"PeersRemoved\":[5]}"))
                .isEqualTo(Kind.DELTA);
        assertThat(view.missing(ids(5), PeerView.Degree.REACHABLE)).isZero();
        assertThat(view.missing(ids(2, 3, 4), PeerView.Degree.LISTED)).isEqualTo(3);

        assertThat(tell(view, "{\"Peers\":[]}")).isEqualTo(Kind.DELTA);
        assertThat(view.missing(ids(5), PeerView.Degree.LISTED)).isZero();

        view.begin();
        assertThat(tell(view, "{\"Node\":" + node(1, 10001) + "}")).isEqualTo(Kind.FULL);
        assertThat(view.missing(ids(5), PeerView.Degree.LISTED)).isEqualTo(1);
        assertThat(view.messages()).isEqualTo(5);
    }

    @ParameterizedTest
    @MethodSource("views")
    void refusesWhatEndsThePollOfARealClient(PeerView view) {
        view.begin();
        assertThatThrownBy(() -> tell(view, "{\"Peers\":[]}")).isInstanceOf(ControlException.class);
        assertThatThrownBy(() -> tell(view, FULL.substring(0, FULL.length() - 1)))
                .isInstanceOf(ControlException.class);
        assertThatThrownBy(() -> tell(view, FULL + "{}")).isInstanceOf(ControlException.class);
    }

    @Test
    void recordsWhatNoServerMaySend() throws Exception {
        Netmap netmap = new Netmap(7, PeerEvents.NONE);
        netmap.begin();
        tell(netmap, FULL);
        assertThat(netmap.violations()).isEmpty();

        tell(netmap, "{\"PeersChangedPatch\":[{\"NodeID\":9,\"Online\":true}],\"PeersRemoved\":[8]}");
        tell(netmap, "{\"PeersChangedPatch\":[{\"NodeID\":2,\"Endpoints\":[\"198.18.0.2:10001\"]}]}");
        tell(netmap, "{\"PeersChanged\":[" + node(1, 10001) + "]}");
        tell(netmap, "{\"Peers\":[" + node(2, 10009) + "," + node(2, 10009) + "]}");
        assertThat(netmap.violations())
                .extracting(Violation::kind, Violation::peer)
                .containsExactly(
                        tuple(Violation.Kind.MALFORMED, 8L),
                        tuple(Violation.Kind.MALFORMED, 9L),
                        tuple(Violation.Kind.STALE, 2L),
                        tuple(Violation.Kind.FORBIDDEN, 1L),
                        tuple(Violation.Kind.DUPLICATED, 2L));
        assertThat(netmap.violations()).allMatch(violation -> violation.viewer() == 7);
    }

    @Test
    void comparesWithTheTruth() throws Exception {
        Netmap netmap = new Netmap(0, PeerEvents.NONE);
        netmap.begin();
        tell(netmap, FULL);
        List<Peer> truth = List.of(peer(1, 10001), peer(2, 10002), peer(3, 10003));
        assertThat(netmap.differences(truth)).isEmpty();
        assertThat(netmap.differences(List.of(peer(2, 10002), peer(3, 10004), peer(4, 10004))))
                .extracting(Violation::kind)
                .containsExactly(Violation.Kind.STALE, Violation.Kind.LOST);
        assertThat(netmap.differences(List.of(peer(2, 10002))))
                .extracting(Violation::kind)
                .containsExactly(Violation.Kind.FORBIDDEN);
        tell(netmap, "{\"PeersChanged\":[" + node(4, 10004).replace("100.64.0.4", "100.64.0.2") + "]}");
        assertThat(netmap.differences(List.of(peer(2, 10002), peer(3, 10003))))
                .extracting(Violation::kind)
                .containsExactly(Violation.Kind.FORBIDDEN, Violation.Kind.DUPLICATED);
    }

    private static Kind tell(PeerView view, String message) throws ControlException {
        byte[] json = message.getBytes(StandardCharsets.UTF_8);
        byte[] buffer = new byte[json.length + 10]; // what follows is rest of an earlier message
        java.util.Arrays.fill(buffer, (byte) '}');
        System.arraycopy(json, 0, buffer, 0, json.length);
        return view.message(buffer, json.length, json.length);
    }

    private static Peer peer(int id, int port) {
        return new Peer(
                id,
                "nodekey:" + id,
                "n" + id + ".example.",
                List.of("100.64.0." + id + "/32"),
                true,
                List.of("198.18.0." + id + ":" + port),
                1,
                List.of());
    }

    private static String node(int id, int port) {
        return "{\"ID\":" + id + ",\"StableID\":\"s" + id + "\",\"Name\":\"n" + id
                + ".example.\",\"User\":1,\"Key\":\"nodekey:"
                + id + "\",\"Addresses\":[\"100.64.0." + id + "/32\"],\"Endpoints\":[\"198.18.0." + id + ":" + port
                + "\"],\"HomeDERP\":1,\"Hostinfo\":{\"OS\":\"linux\",\"Online\":false},\"Online\":true}";
    }

    private static BitSet ids(int... ids) {
        BitSet set = new BitSet();
        for (int id : ids) {
            set.set(id);
        }
        return set;
    }
}
