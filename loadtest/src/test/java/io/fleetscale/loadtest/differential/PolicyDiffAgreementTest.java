package io.fleetscale.loadtest.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.explain.Difference;
import io.fleetscale.control.policy.explain.PolicyDiff;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.FilterRule;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What {@code policy diff} says is what the packet filters of the two policies do, pair by pair. */
class PolicyDiffAgreementTest {
    private static final int CASES = 200;
    private static final List<Integer> PORTS = List.of(7, 22, 80, 443, 1500, 65000);

    @Test
    void changesAreThoseOfTheFilters() throws Exception {
        long first = Long.getLong("fleetscale.differential.seed", 20_261_125L);
        System.out.println("PolicyDiffAgreementTest: first seed " + first);
        int changed = 0;
        for (int i = 0; i < CASES; i++) {
            Draw draw = new Draw(first + i);
            World world = World.of(draw);
            TailnetImage image = world.image();
            String one = new PolicyGenerator(draw, world).policy();
            String other = new PolicyGenerator(draw, world).policy();
            CompiledPolicy before = compiled(one, image);
            CompiledPolicy after = compiled(other, image);
            Difference difference = PolicyDiff.between(image, before, after);
            String name = "seed " + (first + i) + "\n" + one + "\n" + other;
            compareSight(name, image, before, after, difference);
            changed += comparePackets(name, image, before, after, difference);
        }
        assertThat(changed).isPositive();
    }

    private static CompiledPolicy compiled(String text, TailnetImage image) throws PolicyException {
        PolicyDocument document = PolicyReader.read(text);
        return PolicyCompiler.of(any -> document, new BareEnvironment()).compile(image);
    }

    private static void compareSight(
            String name, TailnetImage image, CompiledPolicy before, CompiledPolicy after, Difference difference) {
        long gained = 0;
        long lost = 0;
        for (Node viewer : image.nodes().values()) {
            for (Node peer : image.nodes().values()) {
                if (viewer.id().compareTo(peer.id()) < 0) {
                    boolean was = before.sees(before.classOf(viewer), before.classOf(peer));
                    boolean is = after.sees(after.classOf(viewer), after.classOf(peer));
                    gained += is && !was ? 1 : 0;
                    lost += was && !is ? 1 : 0;
                }
            }
        }
        assertThat(difference.seenGained()).as(name).isEqualTo(gained);
        assertThat(difference.seenLost()).as(name).isEqualTo(lost);
    }

    private static int comparePackets(
            String name, TailnetImage image, CompiledPolicy before, CompiledPolicy after, Difference difference) {
        Map<Node, List<FilterRule>> old = new HashMap<>();
        Map<Node, List<FilterRule>> now = new HashMap<>();
        Map<String, Node> byName = new HashMap<>();
        image.nodes().values().forEach(node -> {
            old.put(node, before.filterOf(node).rules());
            now.put(node, after.filterOf(node).rules());
            byName.put(node.givenName(), node);
        });
        List<Difference.Change> changes = difference.changes().stream()
                .filter(change -> change.kind() == Difference.Kind.TRAFFIC
                        && change.places().isEmpty())
                .toList();
        int found = 0;
        for (int port : PORTS) {
            for (boolean gained : new boolean[] {true, false}) {
                long pairs = 0;
                for (Node from : image.nodes().values()) {
                    for (Node to : image.nodes().values()) {
                        pairs += !from.equals(to) && differs(old, now, from, to, port, gained) ? 1 : 0;
                    }
                }
                long said = changes.stream()
                        .filter(change -> change.gained() == gained && speaksOf(change.what(), port))
                        .mapToLong(Difference.Change::pairs)
                        .sum();
                // a pair is told of twice when its two address families change differently
                assertThat(said).as("%s port %s gained %s", name, port, gained).isBetween(pairs, pairs * 2);
                found += (int) pairs;
            }
        }
        for (Difference.Change change : changes) {
            for (int port : PORTS) {
                if (!change.ownOnly() && speaksOf(change.what(), port)) {
                    change.sources()
                            .examples()
                            .forEach(source -> change.destinations()
                                    .examples()
                                    .forEach(destination -> assertThat(source.equals(destination)
                                                    || differs(
                                                            old,
                                                            now,
                                                            Objects.requireNonNull(byName.get(source)),
                                                            Objects.requireNonNull(byName.get(destination)),
                                                            port,
                                                            change.gained()))
                                            .as("%s %s", name, change)
                                            .isTrue()));
                }
            }
        }
        return found;
    }

    /** Whether a text such as {@code tcp:20-80, 443} names TCP and the port. */
    private static boolean speaksOf(String what, int port) {
        for (String part : what.split(", ", -1)) {
            String ports = part.startsWith("tcp:") ? part.substring(4) : part;
            if (ports.equals("*")) {
                return true;
            }
            if (ports.matches("[0-9-]+")) {
                String[] ends = ports.split("-", -1);
                if (Integer.parseInt(ends[0]) <= port && port <= Integer.parseInt(ends[ends.length - 1])) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean differs(
            Map<Node, List<FilterRule>> old,
            Map<Node, List<FilterRule>> now,
            Node from,
            Node to,
            int port,
            boolean gained) {
        for (IpAddress source : from.addresses()) {
            for (IpAddress destination : to.addresses()) {
                if (source.isV6() == destination.isV6()) {
                    PlainReading.Packet packet = new PlainReading.Packet(source, to, destination, 6, port);
                    boolean was = PlainReadingTest.passes(old.getOrDefault(to, List.of()), packet);
                    boolean is = PlainReadingTest.passes(now.getOrDefault(to, List.of()), packet);
                    if (gained ? is && !was : was && !is) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
