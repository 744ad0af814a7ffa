package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** The postures of a policy, evaluated on what a client reports. Source: policy 9.1. */
final class Postures {
    private static final Pattern LIST = Pattern.compile("(\\S+)\\s+(NOT IN|IN)\\s*\\[(.*)]");
    private static final Pattern COMPARISON = Pattern.compile("(\\S+)\\s*(==|!=|<=|>=|<|>)\\s*(.+)");
    private static final Set<String> VERSIONS = Set.of("node:osVersion", "node:tsVersion");
    private static final Pattern RUNS = Pattern.compile("[0-9]+|[^0-9]+");

    private final JsonNode policy;

    Postures(JsonNode policy) {
        this.policy = policy;
    }

    /** What the sources of a rule must fulfil. */
    Condition of(JsonNode rule) {
        List<String> names = rule.has("srcPosture")
                ? Words.texts(rule.path("srcPosture"))
                : Words.texts(policy.path("defaultSrcPosture"));
        return new Condition(names.stream()
                .<Predicate<Node>>map(name -> node -> holds(name, node))
                .toList());
    }

    private boolean holds(String name, Node node) {
        Map<String, String> attributes = attributes(node.host());
        return Words.texts(policy.path("postures").path(name)).stream()
                .allMatch(assertion -> isTrue(assertion, attributes));
    }

    /** Values as they are written in assertions; texts have no quotes. */
    private static Map<String, String> attributes(HostFacts host) {
        Map<String, String> attributes = new HashMap<>();
        if (!host.os().isEmpty()) {
            attributes.put("node:os", host.os().toLowerCase(Locale.ROOT));
        }
        if (!host.osVersion().isEmpty()) {
            attributes.put("node:osVersion", host.osVersion());
        }
        String version = host.clientVersion().split("-", 2)[0];
        if (!version.isEmpty()) {
            attributes.put("node:tsVersion", version);
            String[] numbers = version.split("\\.", -1);
            if (numbers.length > 1 && numbers[1].matches("[0-9]+")) {
                boolean even = (numbers[1].charAt(numbers[1].length() - 1) - '0') % 2 == 0;
                attributes.put("node:tsReleaseTrack", even ? "stable" : "unstable");
            }
        }
        attributes.put("node:tsStateEncrypted", Boolean.toString(host.stateEncrypted()));
        attributes.put("node:tsAutoUpdate", Boolean.toString(host.autoUpdate()));
        return attributes;
    }

    private static boolean isTrue(String assertion, Map<String, String> attributes) {
        if (assertion.endsWith(" NOT SET")) {
            return !attributes.containsKey(
                    assertion.substring(0, assertion.length() - 8).strip());
        }
        if (assertion.endsWith(" IS SET")) {
            return attributes.containsKey(
                    assertion.substring(0, assertion.length() - 7).strip());
        }
        Matcher list = LIST.matcher(assertion);
        if (list.matches()) {
            String value = attributes.get(list.group(1));
            boolean found = false;
            for (String element : elements(list.group(3))) {
                found |= value != null && compare(list.group(1), value, element) == 0;
            }
            return value != null && found == list.group(2).equals("IN");
        }
        Matcher comparison = COMPARISON.matcher(assertion);
        if (!comparison.matches()) {
            return "true".equals(attributes.get(assertion));
        }
        String value = attributes.get(comparison.group(1));
        if (value == null) {
            return false;
        }
        int order = compare(comparison.group(1), value, unquoted(comparison.group(3)));
        return switch (comparison.group(2)) {
            case "==" -> order == 0;
            case "!=" -> order != 0;
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private static List<String> elements(String list) {
        List<String> elements = new ArrayList<>();
        for (String element : list.split(",", -1)) {
            elements.add(unquoted(element.strip()));
        }
        return elements;
    }

    private static String unquoted(String value) {
        return value.startsWith("'") ? value.substring(1, value.length() - 1) : value;
    }

    private static int compare(String attribute, String one, String other) {
        if (!VERSIONS.contains(attribute)) {
            return one.compareTo(other);
        }
        List<String> runs = runs(one);
        List<String> otherRuns = runs(other);
        for (int i = 0; i < Math.max(runs.size(), otherRuns.size()); i++) {
            String run = i < runs.size() ? runs.get(i) : "";
            String otherRun = i < otherRuns.size() ? otherRuns.get(i) : "";
            int order = i % 2 == 0 ? run.compareTo(otherRun) : Long.compare(number(run), number(otherRun));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    /** Texts and numbers in turn, beginning with a text, which may be empty. */
    private static List<String> runs(String version) {
        List<String> runs = new ArrayList<>();
        Matcher matcher = RUNS.matcher(version);
        while (matcher.find()) {
            boolean digits = Character.isDigit(matcher.group().charAt(0));
            if (runs.isEmpty() && digits) {
                runs.add("");
            }
            runs.add(matcher.group());
        }
        return runs;
    }

    private static long number(String run) {
        return run.isEmpty() ? 0 : Long.parseLong(run);
    }
}
