package io.fleetscale.control.policy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PacketFilter;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** One random sequence of events. Not thread-safe. */
final class IncrementalRun {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int EVENTS = 40;
    private static final List<String> LOGINS =
            List.of("ann@example.com", "bob@example.com", "cid@other.net", "dee@example.com");
    private static final List<String> TAGS = List.of("tag:a", "tag:b", "tag:c");
    private static final List<String> SOURCES = List.of(
            "*",
            "ann@example.com",
            "bob@example.com",
            "group:one",
            "group:two",
            "user:*@example.com",
            "autogroup:member",
            "autogroup:tagged",
            "tag:a",
            "tag:b",
            "tag:c",
            "100.64.0.3",
            "100.64.0.0/29",
            "10.33.0.0/16",
            "10.33.1.0/24",
            "fd7a:115c:a1e0::4",
            "100.64.0.200",
            "fd7a:115c:a1e0::f0");
    private static final OfferedService SERVED = new OfferedService(
            "svc:web",
            List.of("tcp:443"),
            OfferedService.Approval.MANUAL,
            List.of(IpAddress.parse("100.64.0.200"), IpAddress.parse("fd7a:115c:a1e0::f0")));
    private static final List<String> ROUTES =
            List.of("10.33.0.0/16", "10.33.1.0/24", "10.0.0.0/8", "192.168.1.0/24", "0.0.0.0/0", "::/0", "8.8.8.0/24");
    private static final List<String> APPS = List.of(
            "example.com/cap/x", "tailscale.com/cap/drive", "tailscale.com/cap/relay", "tailscale.com/cap/kubernetes");

    private final Random random;
    private final EngineTailnet tailnet;

    IncrementalRun(long seed) {
        this.random = new Random(seed);
        this.tailnet = new EngineTailnet(
                PlainPolicy.program(policy()),
                seed % 3 == 0 ? new PolicyCompiler.Form(0, 4) : PolicyCompiler.Form.STANDARD);
    }

    void run() {
        List<Change> users = new ArrayList<>();
        for (int i = 0; i < LOGINS.size(); i++) {
            users.add(new Change.UserPut(EngineTailnet.user(i + 1, LOGINS.get(i))));
        }
        tailnet.apply(users);
        Map<NodeId, ClientChunks> clients = new HashMap<>();
        for (int event = 0; event < EVENTS; event++) {
            TailnetImage imageBefore = tailnet.image();
            CompiledPolicy before = tailnet.policy();
            if (random.nextInt(12) == 0) {
                tailnet.apply(PlainPolicy.program(policy()));
            } else {
                tailnet.apply(changes());
            }
            CompiledPolicy after = tailnet.policy();
            CompiledPolicy fresh = tailnet.fromNothing();
            compare(fresh, after);
            comparePermissions(tailnet.compatible(), after);
            checkEffect(imageBefore, before, after);
            tellClients(clients, after, imageBefore);
        }
    }

    private List<Change> changes() {
        List<Change> changes = new ArrayList<>();
        Set<Long> used = new HashSet<>();
        int count = random.nextInt(6) == 0 ? 4 : 1;
        for (int i = 0; i < count; i++) {
            long id = 1L + random.nextInt(14);
            if (used.add(id)) {
                Node known = tailnet.image().node(new NodeId(id));
                if (known == null) {
                    changes.add(new Change.NodePut(node(id)));
                } else if (random.nextInt(4) == 0) {
                    changes.add(new Change.NodeRemoved(known.id()));
                } else if (random.nextInt(4) == 0) {
                    changes.add(new Change.NodePut(known.toBuilder()
                            .hostname("other")
                            .routerState(state())
                            .build()));
                } else {
                    changes.add(new Change.NodePut(node(id)));
                }
            }
        }
        if (random.nextInt(8) == 0) {
            long id = 1L + random.nextInt(LOGINS.size());
            changes.add(new Change.UserPut(EngineTailnet.user(id, one(LOGINS) + (random.nextBoolean() ? "" : "x"))));
        }
        TailnetImage next =
                tailnet.image().apply(new TailnetDelta(tailnet.image().version() + 1, changes));
        changes.addAll(elections(next));
        return changes;
    }

    private static List<Change> elections(TailnetImage image) {
        Map<IpPrefix, NodeId> wanted = new HashMap<>();
        image.nodes().values().stream()
                .filter(node -> node.routerState() == RouterState.SERVING)
                .sorted(Comparator.comparing(Node::createdAt).thenComparing(Node::id))
                .forEach(node -> Stream.concat(
                                node.approvedRoutes().stream()
                                        .filter(route -> !route.isAll()
                                                && node.advertisedRoutes().contains(route)),
                                node.servedAddresses().stream())
                        .forEach(route -> wanted.putIfAbsent(route, node.id())));
        List<Change> changes = new ArrayList<>();
        image.primaries().forEach((route, node) -> {
            if (!wanted.containsKey(route)) {
                changes.add(new Change.PrimaryRemoved(route));
            }
        });
        wanted.forEach((route, node) -> {
            if (!node.equals(image.primaries().get(route))) {
                changes.add(new Change.PrimaryPut(route, node));
            }
        });
        return changes;
    }

    private RouterState state() {
        List<RouterState> states = List.of(RouterState.values());
        return states.get(random.nextInt(states.size()));
    }

    private Node node(long id) {
        Node node = random.nextBoolean()
                ? EngineTailnet.owned(id, "0." + id, 1 + random.nextInt(LOGINS.size()))
                : EngineTailnet.tagged(id, "0." + id, new TreeSet<>(some(TAGS, 2)).toArray(String[]::new));
        if (random.nextInt(3) == 0) {
            node = EngineTailnet.router(node, new TreeSet<>(some(ROUTES, 3)).toArray(String[]::new));
        }
        if (node.isTagged() && random.nextInt(3) == 0) {
            node = node.toBuilder()
                    .offeredServices(List.of(SERVED))
                    .routerState(RouterState.SERVING)
                    .build();
        }
        return random.nextInt(4) == 0
                ? node.toBuilder()
                        .host(new HostFacts("windows", "", "", "", "", false))
                        .build()
                : node;
    }

    private String policy() {
        StringBuilder text =
                new StringBuilder("{\"groups\": {\"group:one\": [\"ann@example.com\", \"bob@example.com\"],"
                        + " \"group:two\": [\"ann@example.com\"]}, \"hosts\": {}, \"grants\": [");
        List<String> entries = new ArrayList<>();
        for (int i = random.nextInt(6); i >= 0; i--) {
            entries.add(grant());
        }
        text.append(String.join(",", entries)).append("], \"ssh\": [");
        entries.clear();
        for (int i = random.nextInt(3); i > 0; i--) {
            entries.add(ssh());
        }
        text.append(String.join(",", entries)).append("], \"nodeAttrs\": [");
        if (random.nextInt(2) == 0) {
            text.append("{\"target\": [\"%s\"], \"attr\": [\"%s\"]}"
                    .formatted(one(SOURCES), one(List.of("funnel", "disable-ipv4", "custom:x"))));
        }
        return text.append("]}").toString();
    }

    private String grant() {
        boolean self = random.nextInt(5) == 0;
        boolean via = !self && random.nextInt(4) == 0;
        List<String> sources =
                self ? some(List.of("autogroup:member", "ann@example.com", "group:one", "*"), 2) : some(SOURCES, 3);
        List<String> destinations = new ArrayList<>(
                via ? some(List.of("10.33.0.0/16", "10.0.0.0/8", "autogroup:internet"), 2) : some(SOURCES, 3));
        if (!via && random.nextInt(8) == 0) {
            destinations.add("autogroup:internet");
        }
        if (self) {
            destinations.clear();
            destinations.add("autogroup:self");
        }
        boolean app = random.nextInt(4) == 0 && !destinations.contains("autogroup:internet");
        return "{\"src\": %s, \"dst\": %s%s%s%s%s}"
                .formatted(
                        list(sources),
                        list(destinations),
                        app && random.nextBoolean()
                                ? ""
                                : ", \"ip\": "
                                        + list(some(List.of("*", "22", "tcp:443", "udp:53", "tcp:80", "80-90"), 3)),
                        app
                                ? ", \"app\": {\"%s\": [{\"n\": 1, \"recorder\": [\"%s\"]}]}"
                                        .formatted(one(APPS), one(TAGS))
                                : "",
                        via ? ", \"via\": " + list(some(TAGS, 2)) : "",
                        random.nextInt(6) == 0 ? ", \"srcPosture\": [\"posture:linux\"]" : "");
    }

    private String ssh() {
        boolean self = random.nextInt(3) == 0;
        return "{\"action\": \"%s\", \"src\": %s, \"dst\": %s, \"users\": %s}"
                .formatted(
                        random.nextBoolean() ? "accept" : "check",
                        list(some(
                                self
                                        ? List.of("autogroup:member", "group:one", "ann@example.com")
                                        : List.of("autogroup:member", "group:one", "tag:a", "tag:b", "bob@example.com"),
                                2)),
                        list(self ? List.of("autogroup:self") : some(TAGS, 2)),
                        list(some(List.of("root", "autogroup:nonroot", "localpart:*@example.com", "ops"), 2)));
    }

    private static String list(List<String> words) {
        return "[\"" + String.join("\", \"", words) + "\"]";
    }

    private String one(List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    private List<String> some(List<String> from, int most) {
        List<String> chosen = new ArrayList<>();
        for (int i = random.nextInt(most); i >= 0; i--) {
            chosen.add(one(from));
        }
        return chosen;
    }

    private void compare(CompiledPolicy fresh, CompiledPolicy followed) {
        for (Node node : tailnet.image().nodes().values()) {
            String where = "version " + tailnet.image().version() + ", node " + node.id();
            assertThat(own(followed, node)).as(where).isEqualTo(own(fresh, node));
            for (Node peer : tailnet.image().nodes().values()) {
                assertThat(peer(followed, node, peer))
                        .as("%s, peer %s", where, peer.id())
                        .isEqualTo(peer(fresh, node, peer));
            }
            ClassId id = followed.classOf(node);
            assertThat(followed.membersOf(id)).as(where).contains(node.id());
        }
    }

    /** Whatever form the filter has, it lets through the same. */
    private void comparePermissions(CompiledPolicy compatible, CompiledPolicy followed) {
        for (Node node : tailnet.image().nodes().values()) {
            assertThat(permissions(followed, node))
                    .as("version %s, node %s", tailnet.image().version(), node.id())
                    .isEqualTo(permissions(compatible, node));
        }
    }

    private static String own(CompiledPolicy policy, Node node) {
        JsonWriter json = new JsonWriter();
        policy.sshOf(node).write(json);
        return filter(policy, node)
                + new String(json.toBytes(), StandardCharsets.UTF_8)
                + policy.ownAddresses(node)
                + policy.ownRoutes(node)
                + policy.ownCapabilities(node);
    }

    private static String filter(CompiledPolicy policy, Node node) {
        JsonWriter json = new JsonWriter();
        json.beginArray();
        for (FilterRule rule : policy.filterOf(node).rules()) {
            rule.write(json);
        }
        json.endArray();
        return new String(json.toBytes(), StandardCharsets.UTF_8);
    }

    private static String peer(CompiledPolicy policy, Node viewer, Node peer) {
        ClassId from = policy.classOf(viewer);
        ClassId to = policy.classOf(peer);
        boolean sees = policy.viewersOf(to).contains(from);
        assertThat(policy.sees(from, to)).isEqualTo(sees);
        assertThat(policy.viewersOf(from).stream().anyMatch(to::equals)).isEqualTo(sees);
        return sees
                ? "" + policy.addressesOf(from, peer) + policy.routesOf(from, peer)
                        + policy.peerCapabilities(from, peer)
                : "hidden";
    }

    /** Whoever sees something else without having been told is a fault. */
    private void checkEffect(TailnetImage imageBefore, CompiledPolicy before, CompiledPolicy after) {
        PolicyEffect effect = tailnet.last().effect();
        for (Node node : tailnet.image().nodes().values()) {
            Node old = imageBefore.node(node.id());
            if (old == null || !old.equals(node)) {
                continue;
            }
            String where = "version " + tailnet.image().version() + ", node " + node.id();
            ClassId id = after.classOf(node);
            boolean moved = !before.classOf(node).equals(id);
            assertThat(effect.moved().contains(node.id())).as(where + " moved").isEqualTo(moved);
            if (moved) {
                continue;
            }
            boolean toldOwn = effect.own().contains(node.id());
            if (!permissions(before, node).equals(permissions(after, node))) {
                assertThat(toldOwn || effect.filters().contains(id))
                        .as(where + " filter")
                        .isTrue();
            }
            if (!before.sshOf(node).equals(after.sshOf(node))) {
                assertThat(toldOwn || effect.ssh().contains(id))
                        .as(where + " ssh")
                        .isTrue();
            }
            if (!before.ownCapabilities(node).equals(after.ownCapabilities(node))
                    || !before.ownAddresses(node).equals(after.ownAddresses(node))) {
                assertThat(toldOwn || effect.capabilities().contains(id))
                        .as(where + " capabilities")
                        .isTrue();
            }
            if (!before.ownRoutes(node).equals(after.ownRoutes(node))) {
                assertThat(toldOwn).as(where + " own routes").isTrue();
            }
            for (Node peer : tailnet.image().nodes().values()) {
                Node oldPeer = imageBefore.node(peer.id());
                boolean known = oldPeer != null
                        && oldPeer.equals(peer)
                        && !effect.moved().contains(peer.id());
                if (known && !peer(before, node, peer).equals(peer(after, node, peer))) {
                    assertThat(effect.visibility().contains(id)
                                    || effect.peers().contains(peer.id()))
                            .as(where + " sees " + peer.id() + " differently")
                            .isTrue();
                }
            }
        }
    }

    private static Set<String> permissions(CompiledPolicy policy, Node node) {
        Set<String> permissions = new TreeSet<>();
        for (FilterRule rule : policy.filterOf(node).rules()) {
            JsonWriter json = new JsonWriter();
            rule.write(json);
            ClientChunks.addPermissions(JSON.readTree(new String(json.toBytes(), StandardCharsets.UTF_8)), permissions);
        }
        return permissions;
    }

    private void tellClients(Map<NodeId, ClientChunks> clients, CompiledPolicy after, TailnetImage imageBefore) {
        clients.keySet().removeIf(id -> tailnet.image().node(id) == null);
        PolicyEffect effect = tailnet.last().effect();
        for (Node node : tailnet.image().nodes().values()) {
            ClientChunks client = clients.computeIfAbsent(node.id(), id -> new ClientChunks());
            PacketFilter filter = after.filterOf(node);
            Node old = imageBefore.node(node.id());
            boolean told = old == null
                    || !old.equals(node)
                    || effect.moved().contains(node.id())
                    || effect.own().contains(node.id())
                    || effect.filters().contains(after.classOf(node));
            if (told) {
                client.tell(filter);
            }
            assertThat(client.permissions())
                    .as("version %s, node %s", tailnet.image().version(), node.id())
                    .isEqualTo(permissions(after, node));
        }
    }
}
