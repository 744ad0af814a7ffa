package io.fleetscale.loadtest.differential;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The users, tags and nodes of a random tailnet: 2 to 40 nodes whose addresses and routes overlap each other and the
 * literals of policies. Immutable.
 *
 * @param services whose addresses lie in some of the literals
 */
record World(List<User> users, List<String> tags, List<Node> nodes, List<VipService> services) {
    private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
    private static final List<String> LOGINS = List.of(
            "ann@example.com",
            "bob@example.com",
            "cid@other.net",
            "Dee@EXAMPLE.com",
            "eve@example.com",
            "fay@example.com.org");
    private static final List<String> TAGS = List.of("tag:a", "tag:b", "tag:c", "tag:d", "tag:e");
    private static final List<IpPrefix> ROUTES = Stream.of(
                    "0.0.0.0/0",
                    "10.0.0.0/8",
                    "10.33.0.0/16",
                    "10.33.1.0/24",
                    "10.44.0.0/16",
                    "172.16.0.0/16",
                    "192.168.1.0/24",
                    "198.51.100.0/25",
                    "8.8.0.0/16",
                    "fd00:1::/48",
                    "fd00:1:0:2::/64",
                    "fd7a:115c:a1e0:b1a::a21:0/112",
                    "2001:db8:1::/48",
                    "::/0")
            .map(IpPrefix::parse)
            .toList();
    private static final List<VipService> SERVICES = List.of(
            service("svc:one", "100.64.0.200", "fd7a:115c:a1e0::f0"),
            service("svc:two", "100.64.1.100", "fd7a:115c:a1e0:7::2"),
            service("svc:three", "100.99.0.3", "fd7a:115c:a1e0:7::3"));
    private static final List<HostFacts> HOSTS = List.of(
            HostFacts.NONE,
            new HostFacts("linux", "6.1", "1.90.2-t1", "debian", "", false, false),
            new HostFacts("windows", "10.0", "1.78.0", "", "", true, true),
            new HostFacts("macOS", "15.1", "1.81.1", "", "", true, true));

    static World of(Draw draw) {
        List<User> users = new ArrayList<>();
        for (int i = 0; i < draw.number(1, LOGINS.size()); i++) {
            users.add(user(i + 1, LOGINS.get(i), draw));
        }
        if (draw.chance(10)) {
            // two identities with one address, which then means neither
            users.add(user(users.size() + 1, LOGINS.getFirst(), draw));
        }
        List<String> tags = TAGS.subList(0, draw.number(1, TAGS.size()));
        List<VipService> services = draw.chance(40) ? draw.subset(SERVICES, 70) : List.of();
        List<Node> nodes = new ArrayList<>();
        int count = draw.number(2, draw.chance(20) ? 40 : 12);
        for (int i = 1; i <= count; i++) {
            nodes.add(node(i, draw, users, tags, services));
        }
        return new World(users, tags, nodes, services);
    }

    List<String> logins() {
        return users.stream().map(User::email).toList();
    }

    /** The image without policy: routes are approved at random, and the first created router of each that serves is elected. */
    TailnetImage image() {
        List<Change> changes = new ArrayList<>();
        users.forEach(user -> changes.add(new Change.UserPut(user)));
        services.forEach(service -> changes.add(VipService.KIND.put(service.name(), service)));
        nodes.forEach(node -> changes.add(new Change.NodePut(node)));
        Map<IpPrefix, NodeId> primaries = new TreeMap<>();
        nodes.stream()
                .filter(node -> node.routerState() == RouterState.SERVING)
                .sorted(Comparator.comparing(Node::createdAt).thenComparing(Node::id))
                .forEach(node -> Stream.concat(
                                node.approvedRoutes().stream()
                                        .filter(route -> !route.isAll()
                                                && node.advertisedRoutes().contains(route)),
                                node.servedAddresses().stream())
                        .forEach(route -> primaries.putIfAbsent(route, node.id())));
        primaries.forEach((route, node) -> changes.add(new Change.PrimaryPut(route, node)));
        return TailnetImage.EMPTY.apply(new TailnetDelta(1, changes));
    }

    private static User user(int number, String login, Draw draw) {
        return new User(
                new UserId(number),
                login.substring(0, login.indexOf('@')),
                "",
                login,
                "",
                "",
                "",
                CREATED,
                draw.one(List.of(Role.values())),
                draw.chance(30) ? List.of("Corp@example.com") : List.of(),
                UnknownFieldSet.getDefaultInstance());
    }

    private static VipService service(String name, String... addresses) {
        return new VipService(
                name, "", List.of(addresses), "", List.of("tcp:443"), List.of(), Map.of(), List.of(), List.of());
    }

    private static OfferedService served(VipService service) {
        return new OfferedService(
                service.name(), service.ports(), OfferedService.Approval.MANUAL, service.parsedAddresses());
    }

    private static Node node(int number, Draw draw, List<User> users, List<String> tags, List<VipService> services) {
        boolean router = draw.chance(35);
        List<IpPrefix> advertised = router ? draw.subset(ROUTES, 25) : List.of();
        List<IpPrefix> approved = router ? draw.subset(ROUTES, 50) : List.of();
        int families = draw.number(1, 20);
        Node.Builder builder = Node.builder(
                        new NodeId(number),
                        MachineKey.of(draw.bytes(32)),
                        NodeKey.of(draw.bytes(32)),
                        "n" + number,
                        CREATED.plusSeconds(draw.number(0, 10)))
                .hostname("host" + number)
                .givenName("host" + number)
                .ipv4(families == 1 ? null : IpAddress.v4(0x64400000L + (number % 3) * 256L + number))
                .ipv6(families == 2 ? null : IpAddress.v6(0xfd7a115ca1e00000L, (number % 4) * 96L + number))
                .advertisedRoutes(advertised.stream().sorted().toList())
                .approvedRoutes(approved.stream().sorted().toList())
                .routerState(draw.chance(70) ? RouterState.SERVING : draw.one(List.of(RouterState.values())))
                .host(draw.one(HOSTS));
        if (draw.chance(45)) {
            return builder.tags(
                            draw.some(tags, 1, 3).stream().distinct().sorted().toList())
                    .offeredServices(draw.subset(services, 40).stream()
                            .map(World::served)
                            .toList())
                    .build();
        }
        return builder.userId(draw.one(users).id()).build();
    }
}
