package io.fleetscale.loadtest.bench;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A tailnet of any size with policies for it, the same for the same seed: three of four nodes belong to users, a third as many
 * users as nodes in 300 groups, the rest has one to three of 300 tags in 600 combinations, one node of a hundred is a subnet
 * router. Source: policy 11.13. Not thread-safe.
 */
final class SyntheticTailnet {
    private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
    private static final int GROUPS = 300;
    private static final int TAGS = 300;
    private static final int TAG_SETS = 600;
    private static final int HOSTS = 200;
    private static final int USERS_PER_NODE = 3;

    private final SplittableRandom random = new SplittableRandom(20_261_125L);
    private final int size;
    private final int users;
    private final List<List<String>> tagSets = new ArrayList<>();

    SyntheticTailnet(int size) {
        this(size, Math.max(1, size / USERS_PER_NODE));
    }

    SyntheticTailnet(int size, int users) {
        this.size = size;
        this.users = users;
        for (int i = 0; i < TAG_SETS; i++) {
            int first = i;
            tagSets.add(random.ints(1 + i % 3, 0, TAGS)
                    .mapToObj(tag -> "tag:t" + (tag + first) % TAGS)
                    .distinct()
                    .sorted()
                    .toList());
        }
    }

    /** Without a policy. */
    TailnetImage image() {
        List<Change> changes = new ArrayList<>();
        for (int i = 1; i <= users; i++) {
            changes.add(new Change.UserPut(new User(
                    new UserId(i),
                    "u" + i,
                    "",
                    "u" + i + "@example.com",
                    "",
                    "",
                    "",
                    CREATED,
                    i == 1 ? Role.OWNER : Role.MEMBER,
                    List.of(),
                    UnknownFieldSet.getDefaultInstance())));
        }
        for (int i = 1; i <= size; i++) {
            Node node = node(i);
            changes.add(new Change.NodePut(node));
            node.approvedRoutes().forEach(route -> changes.add(new Change.PrimaryPut(route, node.id())));
        }
        return TailnetImage.EMPTY.apply(new TailnetDelta(1, changes));
    }

    /** The node of a number, also of one that has not joined. */
    Node node(int number) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        key[1] = (byte) (number >> 8);
        key[2] = (byte) (number >> 16);
        key[31] = 1;
        Node.Builder node = Node.builder(new NodeId(number), MachineKey.of(key), NodeKey.of(key), "s" + number, CREATED)
                .hostname("host" + number)
                .givenName("host" + number)
                .ipv4(IpAddress.v4(0x64400000L + number))
                .ipv6(IpAddress.v6(0xfd7a115ca1e00000L, number));
        if (number % 100 == 0) {
            List<IpPrefix> routes =
                    List.of(IpPrefix.parse("10." + number / 100 % 250 + "." + number / 25_000 % 250 + ".0/24"));
            node.advertisedRoutes(routes).approvedRoutes(routes);
        }
        return number % 4 == 0
                ? node.tags(tagSets.get(number / 4 % TAG_SETS)).build()
                : node.userId(new UserId(number % users + 1)).build();
    }

    /** @param self whether users reach their own nodes by {@code autogroup:self} */
    String policy(int rules, boolean self) {
        StringBuilder text = new StringBuilder(rules * 100);
        text.append("{\"groups\": {");
        for (int group = 0; group < GROUPS; group++) {
            text.append(group == 0 ? "" : ",")
                    .append("\n\"group:g")
                    .append(group)
                    .append("\": [");
            String separator = "";
            for (int user = group + 1; user <= users; user += GROUPS) {
                text.append(separator).append("\"u").append(user).append("@example.com\"");
                separator = ",";
                int other = (user * 7 + group) % users + 1;
                if (user % 5 == 0 && other != user) {
                    text.append(",\"u").append(other).append("@example.com\"");
                }
            }
            text.append(']');
        }
        text.append("},\n\"hosts\": {");
        for (int host = 0; host < HOSTS; host++) {
            text.append(host == 0 ? "" : ",")
                    .append("\"h")
                    .append(host)
                    .append("\": \"10.")
                    .append(host)
                    .append(".0.")
                    .append(host % 250)
                    .append('"');
        }
        text.append("},\n\"tagOwners\": {");
        for (int tag = 0; tag < TAGS; tag++) {
            text.append(tag == 0 ? "" : ",").append("\"tag:t").append(tag).append("\": []");
        }
        text.append("},\n\"acls\": [");
        for (int rule = 0; rule < rules; rule++) {
            text.append("\n{\"action\": \"accept\", \"src\": [");
            words(text, 1 + random.nextInt(4), "");
            text.append("], \"dst\": [");
            words(text, 1 + random.nextInt(2), ":" + (1 + random.nextInt(9_000)));
            text.append("]},");
        }
        if (self) {
            text.append(
                    "\n{\"action\": \"accept\", \"src\": [\"autogroup:member\"], \"dst\": [\"autogroup:self:*\"]},");
        }
        return text.append("\n]}").toString();
    }

    private void words(StringBuilder text, int count, String suffix) {
        for (int i = 0; i < count; i++) {
            String word = switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> "group:g" + random.nextInt(GROUPS);
                case 4 -> "h" + random.nextInt(HOSTS);
                default -> "tag:t" + random.nextInt(TAGS);
            };
            text.append(i == 0 ? "\"" : ", \"").append(word).append(suffix).append('"');
        }
    }
}
