package io.fleetscale.control.policy.engine;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.policy.testing.PlainEnvironment;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** For tests: an image that follows changes, and the policy with it. Confined to one thread. */
final class EngineTailnet {
    static final PolicyEnvironment ENVIRONMENT = new PlainEnvironment();

    private Program program;
    private final PolicyCompiler compiler;
    private final PolicyCompiler.Form form;
    private TailnetImage image = TailnetImage.EMPTY;
    private CompiledPolicy policy;
    private CompiledPolicy.Advance last;

    EngineTailnet(String policy) {
        this(PlainPolicy.program(policy), PolicyCompiler.Form.STANDARD);
    }

    EngineTailnet(Program program, PolicyCompiler.Form form) {
        this.program = program;
        this.form = form;
        this.compiler = new PolicyCompiler(at -> this.program, ENVIRONMENT, form);
        this.policy = compiler.compile(image);
        this.last = new CompiledPolicy.Advance(policy, PolicyEffect.NOTHING);
    }

    void apply(Change... changes) {
        apply(List.of(changes));
    }

    void apply(List<Change> changes) {
        TailnetImage before = image;
        TailnetDelta delta = new TailnetDelta(before.version() + 1, changes);
        image = before.apply(delta);
        last = policy.advance(before, delta, image);
        policy = last.next();
    }

    /** The policy changes; a delta without rows follows. */
    void apply(Program next) {
        program = next;
        apply(List.of());
    }

    TailnetImage image() {
        return image;
    }

    Node node(long id) {
        Node node = image.node(new NodeId(id));
        if (node == null) {
            throw new IllegalArgumentException("no node " + id);
        }
        return node;
    }

    CompiledPolicy policy() {
        return policy;
    }

    CompiledPolicy.Advance last() {
        return last;
    }

    /** The same policy made from nothing, as the captures have it. */
    CompiledPolicy compatible() {
        return new PolicyCompiler(at -> program, ENVIRONMENT, PolicyCompiler.Form.COMPATIBLE).compile(image);
    }

    /** The same policy made from nothing. */
    CompiledPolicy fromNothing() {
        return new PolicyCompiler(at -> program, ENVIRONMENT, form).compile(image);
    }

    static User user(long id, String login) {
        return new User(
                new UserId(id), login, "", login, "", "", "", Instant.EPOCH, UnknownFieldSet.getDefaultInstance());
    }

    static Node.Builder node(long id, String ipv4Suffix) {
        byte[] key = ByteBuffer.allocate(32).putLong(id + 1).array();
        byte[] machine = ByteBuffer.allocate(32).putLong(id + 1_000_000).array();
        IpAddress four = IpAddress.parse("100.64." + ipv4Suffix);
        return Node.builder(
                        new NodeId(id),
                        MachineKey.of(machine),
                        NodeKey.of(key),
                        "n" + id,
                        Instant.EPOCH.plusSeconds(id))
                .hostname("h" + id)
                .givenName("h" + id)
                .host(new HostFacts("linux", "", "", "", "", false))
                .ipv4(four)
                .ipv6(IpAddress.v6(0xfd7a115ca1e00000L, four.low() & 0xFFFF));
    }

    static Node owned(long id, String ipv4Suffix, long user) {
        return node(id, ipv4Suffix).userId(new UserId(user)).build();
    }

    static Node tagged(long id, String ipv4Suffix, String... tags) {
        return node(id, ipv4Suffix).tags(Arrays.stream(tags).sorted().toList()).build();
    }

    static Node router(Node node, String... routes) {
        List<IpPrefix> prefixes =
                Arrays.stream(routes).map(IpPrefix::parse).sorted().toList();
        return node.toBuilder()
                .advertisedRoutes(prefixes)
                .approvedRoutes(prefixes)
                .routerState(RouterState.SERVING)
                .build();
    }
}
