package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A capture against what an engine says. Only the normalisations N1-N9 are made; order of rules and of destinations counts.
 * Source: policy 10.5-10.8.
 */
public final class Comparison {
    private static final String EMPTY_POLICY = "{}";

    private final Capture capture;
    private final Engine engine;

    private Comparison(Capture capture, Engine engine) {
        this.capture = capture;
        this.engine = engine;
    }

    /** The first difference; absent if the engine says all that the capture holds. */
    public static Optional<String> firstDifference(Capture capture, Engine engine) {
        Optional<String> difference = new Comparison(capture, engine).run();
        if (difference.isEmpty()) {
            return difference;
        }
        Optional<Capture> other = Errata.otherReading(capture);
        return other.isPresent() && new Comparison(other.get(), engine).run().isEmpty() ? Optional.empty() : difference;
    }

    private Optional<String> run() {
        CapturedTailnet fresh = CapturedTailnet.of(capture);
        String refusal = engine.refusal(fresh.image(), capture.policy()).orElse(null);
        String expected = Errata.refusal(capture);
        if (!Objects.equals(refusal, expected)) {
            return Optional.of("verdict: want " + verdict(expected) + ", got " + verdict(refusal));
        }
        CapturedTailnet tailnet = fresh.withPolicy(refusal == null ? capture.policy() : EMPTY_POLICY, engine);
        Answers answers = engine.compile(tailnet.image(), new CapturedEnvironment(capture));
        Set<String> unsettled = Errata.unsettledRoutes(capture, tailnet);
        for (Map.Entry<String, Capture.View> view : capture.views().entrySet()) {
            String difference = difference(tailnet, answers, view.getKey(), view.getValue(), unsettled);
            if (difference != null) {
                return Optional.of(view.getKey() + ": " + difference);
            }
        }
        return Optional.empty();
    }

    private static String verdict(@Nullable String refusal) {
        return refusal == null ? "accepted" : "refused with \"" + refusal + "\"";
    }

    private @Nullable String difference(
            CapturedTailnet tailnet, Answers answers, String name, Capture.View view, Set<String> unsettled) {
        Node node = tailnet.node(name);
        String difference =
                rules("filter", ComparableRules.filter(view.filter()), ComparableRules.filter(answers.filterOf(node)));
        if (difference == null) {
            difference = rules("ssh", ComparableRules.ssh(view.ssh()), ComparableRules.ssh(answers.sshOf(node)));
        }
        if (difference == null) {
            difference = entry(
                    view.self(),
                    entry(answers.ownAddresses(node), answers.ownRoutes(node), answers.ownCapabilities(node)),
                    unsettled);
        }
        if (difference != null) {
            return difference;
        }
        for (String peerName : capture.views().keySet()) {
            if (!peerName.equals(name)) {
                Node peer = tailnet.node(peerName);
                Capture.Entry want = view.peers().get(peerName);
                boolean visible = answers.sees(node, peer);
                if (visible != (want != null)) {
                    return "peer " + peerName + ": want " + (visible ? "hidden" : "visible") + ", got "
                            + (visible ? "visible" : "hidden");
                }
                difference = want == null
                        ? null
                        : entry(
                                want,
                                entry(
                                        answers.addressesOf(node, peer),
                                        answers.routesOf(node, peer),
                                        answers.peerCapabilities(node, peer)),
                                unsettled);
                if (difference != null) {
                    return "peer " + peerName + ": " + difference;
                }
            }
        }
        return null;
    }

    private static Capture.Entry entry(List<IpAddress> addresses, PeerRoutes routes, CapabilityMap capabilities) {
        Set<String> allowed = new HashSet<>(texts(routes.allowed()));
        addresses.forEach(address -> allowed.add(IpPrefix.single(address).toString()));
        return new Capture.Entry(allowed, texts(routes.primary()), ComparableRules.capabilities(capabilities));
    }

    private static Set<String> texts(Collection<IpPrefix> prefixes) {
        Set<String> texts = new HashSet<>();
        prefixes.forEach(prefix -> texts.add(prefix.toString()));
        return texts;
    }

    private static @Nullable String entry(Capture.Entry want, Capture.Entry got, Set<String> unsettled) {
        String difference = sets("AllowedIPs", want.allowedIps(), got.allowedIps(), unsettled);
        if (difference == null) {
            difference = sets("PrimaryRoutes", want.primaryRoutes(), got.primaryRoutes(), unsettled);
        }
        return difference != null ? difference : capabilities(want.capabilities(), got.capabilities());
    }

    private static @Nullable String sets(String what, Set<String> want, Set<String> got, Set<String> ignored) {
        SortedSet<String> wanted = new TreeSet<>(want);
        SortedSet<String> given = new TreeSet<>(got);
        wanted.removeAll(ignored);
        given.removeAll(ignored);
        return wanted.equals(given) ? null : what + ": want " + wanted + ", got " + given;
    }

    /** In the map of a node null and no arguments mean the same (N6). */
    private static @Nullable String capabilities(Map<String, JsonNode> want, Map<String, JsonNode> got) {
        SortedMap<String, JsonNode> wanted = withoutNull(want);
        SortedMap<String, JsonNode> given = withoutNull(got);
        Set<String> names = new TreeSet<>(wanted.keySet());
        names.addAll(given.keySet());
        for (String name : names) {
            JsonNode wantedValue = wanted.get(name);
            JsonNode givenValue = given.get(name);
            if (!Objects.equals(wantedValue, givenValue)) {
                return "CapMap " + name + ": want " + (wantedValue == null ? "none" : wantedValue) + ", got "
                        + (givenValue == null ? "none" : givenValue);
            }
        }
        return null;
    }

    private static SortedMap<String, JsonNode> withoutNull(Map<String, JsonNode> capabilities) {
        SortedMap<String, JsonNode> changed = new TreeMap<>();
        capabilities.forEach(
                (name, value) -> changed.put(name, value.isNull() ? CaptureReader.JSON.createArrayNode() : value));
        return changed;
    }

    private static @Nullable String rules(String what, List<JsonNode> want, List<JsonNode> got) {
        for (int i = 0; i < Math.max(want.size(), got.size()); i++) {
            JsonNode wanted = i < want.size() ? want.get(i) : null;
            JsonNode given = i < got.size() ? got.get(i) : null;
            if (!Objects.equals(wanted, given)) {
                return what + " rule " + (i + 1) + " of " + want.size() + ": want " + (wanted == null ? "none" : wanted)
                        + ", got " + (given == null ? "none" : given);
            }
        }
        return null;
    }
}
