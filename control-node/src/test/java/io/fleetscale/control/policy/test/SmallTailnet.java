package io.fleetscale.control.policy.test;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.testing.PlainEnvironment;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.IdCounters;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Ann, an owner, has {@code laptop} (.1) and {@code phone} (.2); Bob has {@code desk} (.3); {@code db} (.4) has tag:db and
 * {@code gate} (.5) has tag:gate and serves 10.9.0.0/16.
 */
public final class SmallTailnet {
    private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

    private SmallTailnet() {}

    public static TailnetImage image() {
        List<Change> rows = new ArrayList<>();
        rows.add(new Change.UserPut(user(1, "ann", Role.OWNER, List.of())));
        rows.add(new Change.UserPut(user(2, "bob", Role.MEMBER, List.of("eng@example.com"))));
        rows.add(new Change.NodePut(
                node(1, "laptop").userId(new UserId(1)).host(os("linux")).build()));
        rows.add(new Change.NodePut(
                node(2, "phone").userId(new UserId(1)).host(os("iOS")).build()));
        rows.add(new Change.NodePut(
                node(3, "desk").userId(new UserId(2)).host(os("windows")).build()));
        rows.add(new Change.NodePut(node(4, "db").tags(List.of("tag:db")).build()));
        List<IpPrefix> routes = List.of(IpPrefix.parse("10.9.0.0/16"));
        rows.add(new Change.NodePut(node(5, "gate")
                .tags(List.of("tag:gate"))
                .routerState(RouterState.SERVING)
                .advertisedRoutes(routes)
                .approvedRoutes(routes)
                .build()));
        return TailnetImage.load(1, IdCounters.FIRST, rows);
    }

    private static HostFacts os(String name) {
        return new HostFacts(name, "", "1.86.2", "", "", false, false);
    }

    private static User user(long id, String name, Role role, List<String> groups) {
        return new User(
                new UserId(id),
                name,
                "",
                name + "@example.com",
                "",
                "",
                "",
                AT,
                role,
                groups,
                UnknownFieldSet.getDefaultInstance());
    }

    private static Node.Builder node(int id, String name) {
        byte[] key = new byte[32];
        key[0] = (byte) id;
        return Node.builder(
                        new NodeId(id),
                        new MachineKey(Bytes32.of(key)),
                        new NodeKey(Bytes32.of(key)),
                        "stable" + id,
                        AT)
                .hostname(name)
                .givenName(name)
                .ipv4(IpAddress.parse("100.64.0." + id))
                .ipv6(IpAddress.parse("fd7a:115c:a1e0::" + id));
    }

    /** Nothing beside the policy. */
    public static PolicyEnvironment environment() {
        return new PlainEnvironment();
    }
}
