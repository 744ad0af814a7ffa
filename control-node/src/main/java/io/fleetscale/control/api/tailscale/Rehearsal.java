package io.fleetscale.control.api.tailscale;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.address.AddressPool;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * The tailnet with a device of every tag and of every login that the tests of a policy speak of and that has none yet. Tailscale
 * runs tests against the rules, whoever has joined; headscale refuses those that match no device. Pure.
 */
final class Rehearsal {
    private final SplittableRandom random = new SplittableRandom(1);
    private TailnetImage image;
    private long nextNode;
    private long nextUser;

    private Rehearsal(TailnetImage image) {
        this.image = image;
        this.nextNode = image.counters().nextNode();
        this.nextUser = image.counters().nextUser();
    }

    /** What the tests of {@code document} are run against. */
    static TailnetImage of(TailnetImage image, PolicyDocument document) {
        Rehearsal rehearsal = new Rehearsal(image);
        Set<String> seen = new HashSet<>();
        document.tests().stream()
                .flatMap(test -> Stream.concat(
                        Stream.ofNullable(test.source()),
                        Stream.concat(test.accept().stream(), test.deny().stream())
                                .flatMap(target -> Stream.ofNullable(target.host()))))
                .filter(alias -> seen.add(alias.text()))
                .forEach(rehearsal::add);
        return rehearsal.image;
    }

    private void add(Alias alias) {
        switch (alias) {
            case Alias.Tag(String tag) -> {
                if (image.nodes().values().stream()
                        .noneMatch(node -> node.tags().contains(tag))) {
                    put(node(List.of(tag), null));
                }
            }
            case Alias.Login(String login) -> login(login);
            case Alias.Group group -> group.logins().forEach(this::login);
            default -> {}
        }
    }

    private void login(String login) {
        User user = image.users().values().stream()
                .filter(known ->
                        login.equalsIgnoreCase(known.policyLogin()) || login.equalsIgnoreCase(known.name() + "@"))
                .findFirst()
                .orElse(null);
        if (user == null) {
            user = new User(
                    new UserId(nextUser++),
                    login,
                    "",
                    login,
                    "",
                    "",
                    "",
                    Instant.EPOCH,
                    UnknownFieldSet.getDefaultInstance());
            apply(new Change.UserPut(user));
        }
        UserId owner = user.id();
        if (image.nodes().values().stream().noneMatch(node -> owner.equals(node.userId()))) {
            put(node(List.of(), owner));
        }
    }

    private Node node(List<String> tags, @org.jspecify.annotations.Nullable UserId owner) {
        long number = nextNode++;
        AddressPool pool = new AddressPool(image, random);
        Bytes32 key =
                Bytes32.of(ByteBuffer.allocate(Bytes32.LENGTH).putLong(number).array());
        return Node.builder(
                        new NodeId(number), new MachineKey(key), new NodeKey(key), "nRehearsal" + number, Instant.EPOCH)
                .tags(tags)
                .userId(owner)
                .givenName("rehearsal-" + number)
                .hostname("rehearsal-" + number)
                .ipv4(pool.nextV4())
                .ipv6(pool.nextV6())
                .build();
    }

    private void put(Node node) {
        apply(new Change.NodePut(node));
    }

    private void apply(Change change) {
        image = image.apply(new TailnetDelta(image.version() + 1, List.of(change)));
    }
}
