package io.fleetscale.control.policy.direct;

import io.fleetscale.control.policy.SessionRecorders;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.vipservice.VipService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A policy in the interpreter's terms. Reads the text by itself, so that an error of the server's reader shows as a difference
 * too. Only for policies that the server accepts: what is wrong is not reported. Source: policy 1, 3.3, 3.4.
 */
final class Reading {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
            .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .build();
    private static final Map<String, Integer> PROTOCOLS = Map.ofEntries(
            Map.entry("icmp", 1),
            Map.entry("icmpv4", 1),
            Map.entry("igmp", 2),
            Map.entry("ipv4", 4),
            Map.entry("ip-in-ip", 4),
            Map.entry("tcp", 6),
            Map.entry("egp", 8),
            Map.entry("igp", 9),
            Map.entry("udp", 17),
            Map.entry("dccp", 33),
            Map.entry("gre", 47),
            Map.entry("esp", 50),
            Map.entry("ah", 51),
            Map.entry("ipv6-icmp", 58),
            Map.entry("icmpv6", 58),
            Map.entry("tsmp", 99),
            Map.entry("sctp", 132),
            Map.entry("fc", 133));
    private static final String SELF = "autogroup:self";

    private final JsonNode policy;
    private final Words words;
    private final Postures postures;

    /** @param services of the tailnet, by name */
    Reading(String text, Facts facts, Set<String> domains, Map<String, VipService> services) {
        this.policy = text.isBlank() ? JSON.createObjectNode() : JSON.readTree(text);
        this.words = new Words(policy, facts, domains, services);
        this.postures = new Postures(policy);
    }

    Words words() {
        return words;
    }

    JsonNode section(String name) {
        return policy.path(name);
    }

    private boolean has(String name) {
        return policy.hasNonNull(name);
    }

    /** In the order of their rules: grants before acls; without either everything is allowed. */
    List<Grant> grants() {
        List<Grant> grants = new ArrayList<>();
        if (!has("grants") && !has("acls")) {
            List<Alias> all = List.of(new Alias.Everything());
            grants.add(new Grant(all, all, false, ports(List.of("*")), new TreeMap<>(), List.of(), Condition.NONE));
        }
        policy.path("grants").forEach(rule -> grants.add(grant(rule)));
        policy.path("acls").forEach(rule -> grants.addAll(acl(rule)));
        return grants;
    }

    private Grant grant(JsonNode rule) {
        List<String> destinations = Words.texts(rule.path("dst"));
        SortedMap<String, String> app = new TreeMap<>();
        rule.path("app").forEachEntry((name, value) -> app.put(name, JSON.writeValueAsString(value)));
        List<List<String>> recorders = SessionRecorders.tagsOf(app);
        return new Grant(
                words.aliases(Words.texts(rule.path("src"))),
                words.aliases(withoutSelf(destinations)),
                destinations.contains(SELF),
                ports(Words.texts(rule.path("ip"))),
                recorders.isEmpty()
                        ? app
                        : SessionRecorders.addressed(
                                app, recorders.stream().map(words::addressesOf).toList()),
                Words.texts(rule.path("via")),
                postures.of(rule));
    }

    private static List<String> withoutSelf(List<String> destinations) {
        return destinations.stream().filter(word -> !word.equals(SELF)).toList();
    }

    /** The entries of {@code ip} by protocol, in order of first appearance. */
    private static List<Grant.Ports> ports(List<String> specifications) {
        Map<List<Integer>, List<Grant.Range>> ranges = new LinkedHashMap<>();
        for (String specification : specifications) {
            int colon = specification.indexOf(':');
            List<Integer> protocol = colon < 0 ? List.of() : protocol(specification.substring(0, colon));
            ranges.computeIfAbsent(protocol, absent -> new ArrayList<>())
                    .addAll(ranges(specification.substring(colon + 1)));
        }
        return ranges.entrySet().stream()
                .map(entry -> new Grant.Ports(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static List<Integer> protocol(String word) {
        if (word.isEmpty() || word.equals("*")) {
            return List.of();
        }
        Integer number = PROTOCOLS.get(word.toLowerCase(Locale.ROOT));
        return List.of(number == null ? Integer.parseInt(word) : number);
    }

    private static List<Grant.Range> ranges(String text) {
        List<Grant.Range> ranges = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            String range = part.strip();
            int dash = range.indexOf('-');
            if (range.equals("*")) {
                ranges.add(new Grant.Range(0, 65535));
            } else {
                int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
                ranges.add(new Grant.Range(first, dash < 0 ? first : Integer.parseInt(range.substring(dash + 1))));
            }
        }
        return ranges;
    }

    /** One grant for each destination, in the order in which the service makes rules of them. Source: policy 3.4. */
    private List<Grant> acl(JsonNode rule) {
        Map<String, List<Grant.Range>> destinations = new LinkedHashMap<>();
        for (String target : Words.texts(rule.hasNonNull("dst") ? rule.path("dst") : rule.path("ports"))) {
            int colon = target.lastIndexOf(':');
            destinations
                    .computeIfAbsent(target.substring(0, colon).replaceAll("[\\[\\]]", ""), absent -> new ArrayList<>())
                    .addAll(ranges(target.substring(colon + 1)));
        }
        List<Alias> sources =
                words.aliases(Words.texts(rule.hasNonNull("src") ? rule.path("src") : rule.path("users")));
        List<Integer> protocol = protocol(rule.path("proto").asString("").strip());
        List<Grant> grants = new ArrayList<>();
        for (String word : ordered(destinations.keySet())) {
            boolean self = word.equals(SELF);
            grants.add(new Grant(
                    sources,
                    self ? List.of() : List.of(words.alias(word)),
                    self,
                    List.of(new Grant.Ports(protocol, destinations.getOrDefault(word, List.of()))),
                    new TreeMap<>(),
                    List.of(),
                    postures.of(rule)));
        }
        return grants;
    }

    private static List<String> ordered(Set<String> destinations) {
        List<String> order = new ArrayList<>(destinations);
        order.sort((one, other) -> Integer.compare(rank(one), rank(other)));
        if (order.stream().anyMatch(word -> !word.startsWith("autogroup:")) && order.remove(SELF)) {
            order.add(SELF);
        }
        return order;
    }

    /** Everything, then users, then the rest. */
    private static int rank(String destination) {
        boolean user = destination.contains("@") && !destination.contains(":");
        return destination.equals("*") ? 0 : user ? 1 : 2;
    }

    List<SshRules.Entry> sshEntries() {
        List<SshRules.Entry> entries = new ArrayList<>();
        for (JsonNode rule : policy.path("ssh")) {
            List<String> destinations = Words.texts(rule.path("dst"));
            entries.add(new SshRules.Entry(
                    rule.path("action").asString().strip().equals("check"),
                    words.aliases(Words.texts(rule.path("src"))),
                    words.aliases(withoutSelf(destinations)),
                    destinations.contains(SELF),
                    Words.texts(rule.path("users")),
                    Words.texts(rule.path("acceptEnv")),
                    postures.of(rule),
                    words.aliases(Words.texts(rule.path("recorder"))),
                    rule.path("enforceRecorder").asBoolean(false)));
        }
        return entries;
    }

    /** With the options that concern all nodes as entries at the end. Source: policy 6.1, 9.7. */
    List<NodeAttributes.Entry> attributes() {
        List<NodeAttributes.Entry> entries = new ArrayList<>();
        for (JsonNode entry : policy.path("nodeAttrs")) {
            SortedMap<String, List<String>> app = new TreeMap<>();
            entry.path("app").forEachEntry((name, values) -> {
                List<String> texts = new ArrayList<>();
                values.forEach(value -> texts.add(JSON.writeValueAsString(value)));
                app.put(name, texts);
            });
            entries.add(new NodeAttributes.Entry(
                    words.aliases(Words.texts(entry.path("target"))), Words.texts(entry.path("attr")), app));
        }
        List<Alias> all = List.of(new Alias.Everything());
        if (policy.path("randomizeClientPort").asBoolean(false)) {
            entries.add(new NodeAttributes.Entry(all, List.of("randomize-client-port"), Map.of()));
        }
        if (policy.path("disableIPv4").asBoolean(false)) {
            entries.add(new NodeAttributes.Entry(all, List.of(NodeAttributes.DISABLE_IPV4), Map.of()));
        }
        String cgnat = policy.path("OneCGNATRoute").asString("");
        if (!cgnat.isEmpty()) {
            entries.add(new NodeAttributes.Entry(
                    List.of(new Alias.Identity(Reading::isMac)),
                    List.of("one-cgnat?v=" + cgnat.equals("mac-always")),
                    Map.of()));
        }
        return entries;
    }

    private static boolean isMac(Node node) {
        return node.host().os().equalsIgnoreCase("macOS");
    }
}
