package io.fleetscale.control.policy.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** For tests: makes programs of policies in plain JSON that are known to be valid. */
final class PlainPolicy {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Map<String, Integer> PROTOCOLS =
            Map.of("icmp", 1, "tcp", 6, "udp", 17, "gre", 47, "sctp", 132);

    private final JsonNode policy;
    private final ProgramBuilder builder = new ProgramBuilder();

    private PlainPolicy(JsonNode policy) {
        this.policy = policy;
    }

    static Program program(String json) {
        return new PlainPolicy(JSON.readTree(json)).read();
    }

    private Program read() {
        if (!policy.has("acls") && !policy.has("grants")) {
            builder.allowAll();
        }
        policy.path("grants").forEach(this::grant);
        policy.path("acls").forEach(this::acl);
        policy.path("ssh").forEach(this::ssh);
        policy.path("nodeAttrs").forEach(this::attributes);
        builder.options(new PolicyOptions(policy.path("randomizeClientPort").asBoolean(false), false, "", ""));
        return builder.build();
    }

    private void grant(JsonNode grant) {
        Map<List<Integer>, List<Rule.Ports>> groups = new LinkedHashMap<>();
        for (JsonNode word : grant.path("ip")) {
            String spec = word.asString();
            int colon = spec.indexOf(':');
            List<Integer> protocols = colon < 0 ? List.of() : List.of(protocol(spec.substring(0, colon)));
            groups.computeIfAbsent(protocols, absent -> new ArrayList<>()).addAll(ports(spec.substring(colon + 1)));
        }
        TreeMap<String, String> app = new TreeMap<>();
        grant.path("app")
                .properties()
                .forEach(entry -> app.put(entry.getKey(), entry.getValue().toString()));
        builder.grant(new ProgramBuilder.GrantForm(
                aliases(grant.path("src")),
                aliases(grant.path("dst")),
                texts(grant.path("dst")).contains("autogroup:self"),
                groups.entrySet().stream()
                        .map(entry -> new ProgramBuilder.PortGroup(entry.getKey(), entry.getValue()))
                        .toList(),
                app,
                aliases(grant.path("via")),
                postures(grant)));
    }

    private void acl(JsonNode acl) {
        Map<String, List<Rule.Ports>> byAlias = new LinkedHashMap<>();
        for (String target : texts(acl.path("dst"))) {
            int colon = target.lastIndexOf(':');
            byAlias.computeIfAbsent(target.substring(0, colon), absent -> new ArrayList<>())
                    .addAll(ports(target.substring(colon + 1)));
        }
        List<String> order = new ArrayList<>(byAlias.keySet());
        order.sort(Comparator.comparingInt(PlainPolicy::rank));
        if (order.stream().anyMatch(alias -> !alias.startsWith("autogroup:")) && order.remove("autogroup:self")) {
            order.add("autogroup:self");
        }
        String proto = acl.path("proto").asString("");
        List<Integer> protocols = proto.isEmpty() ? List.of() : List.of(protocol(proto));
        for (String alias : order) {
            boolean self = alias.equals("autogroup:self");
            builder.grant(new ProgramBuilder.GrantForm(
                    aliases(acl.path("src")),
                    self ? List.of() : List.of(alias(alias)),
                    self,
                    List.of(new ProgramBuilder.PortGroup(protocols, byAlias.getOrDefault(alias, List.of()))),
                    new TreeMap<>(),
                    List.of(),
                    postures(acl)));
        }
    }

    private static int rank(String alias) {
        return alias.equals("*") ? 0 : alias.contains("@") && !alias.contains(":") ? 1 : 2;
    }

    private void ssh(JsonNode entry) {
        builder.ssh(
                entry.path("action").asString().equals("check"),
                Duration.ofHours(12),
                aliases(entry.path("src")),
                aliases(entry.path("dst")),
                texts(entry.path("dst")).contains("autogroup:self"),
                texts(entry.path("users")),
                texts(entry.path("acceptEnv")),
                aliases(entry.path("recorder")),
                entry.path("enforceRecorder").asBoolean(false),
                postures(entry));
    }

    private void attributes(JsonNode entry) {
        TreeMap<String, List<String>> app = new TreeMap<>();
        entry.path("app").properties().forEach(values -> {
            List<String> texts = new ArrayList<>();
            values.getValue().forEach(value -> texts.add(value.toString()));
            app.put(values.getKey(), texts);
        });
        builder.attributes(aliases(entry.path("target")), texts(entry.path("attr")), app);
    }

    private List<Integer> postures(JsonNode rule) {
        JsonNode named = rule.has("srcPosture") ? rule.path("srcPosture") : policy.path("defaultSrcPosture");
        return texts(named).stream()
                .map(name -> builder.posture(
                        name, (image, node) -> node.host().os().equals(name.substring("posture:".length()))))
                .toList();
    }

    private List<Selector> aliases(JsonNode words) {
        return texts(words).stream()
                .filter(word -> !word.equals("autogroup:self"))
                .map(this::alias)
                .toList();
    }

    private Selector alias(String word) {
        if (policy.path("hosts").has(word)) {
            return builder.literal(List.of(policy.path("hosts").path(word).asString()));
        }
        if (word.startsWith("ipset:")) {
            return builder.literal(texts(policy.path("ipsets").path(word)));
        }
        if (word.startsWith("group:")) {
            return builder.logins(word, texts(policy.path("groups").path(word)));
        }
        if (word.startsWith("tag:")) {
            return builder.tag(word);
        }
        if (word.startsWith("user:*@")) {
            return builder.domain(word.substring("user:*@".length()));
        }
        return switch (word) {
            case "*" -> Selector.ANY;
            case "autogroup:danger-all" -> Selector.DANGER_ALL;
            case "autogroup:internet" -> Selector.INTERNET;
            case "autogroup:member" -> builder.members();
            case "autogroup:tagged" -> builder.tagged();
            default -> word.contains("@") ? builder.login(word) : builder.literal(List.of(word));
        };
    }

    private static List<Rule.Ports> ports(String text) {
        List<Rule.Ports> ports = new ArrayList<>();
        for (String range : text.split(",", -1)) {
            String[] ends = range.split("-", -1);
            ports.add(
                    range.equals("*")
                            ? new Rule.Ports(0, 65535)
                            : new Rule.Ports(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])));
        }
        return ports;
    }

    private static int protocol(String name) {
        Integer known = PROTOCOLS.get(name);
        return known == null ? Integer.parseInt(name) : known;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(word -> texts.add(word.asString()));
        return texts;
    }
}
