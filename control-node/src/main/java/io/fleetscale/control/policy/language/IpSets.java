package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Works out {@code ipsets}: additions and removals in their order, exact on both families. Source: policy 9.2. */
final class IpSets {
    /** Additions and removals of all sets together. */
    private static final int MAX_OPERATIONS = 100_000;

    /** Ranges of one set, before those that touch are joined. */
    private static final int MAX_RANGES = 200_000;

    /** Ranges looked at for all sets together. */
    private static final long MAX_WORK = 20_000_000;

    /** Sets within each other. */
    private static final int MAX_DEPTH = 64;

    private final Map<String, Json> definitions;
    private final Map<String, String> hosts;
    private final Map<String, AddressSet> resolved = new HashMap<>();
    private final Deque<String> underWay = new ArrayDeque<>();
    private int operations;
    private long work;

    IpSets(Map<String, Json> definitions, Map<String, String> hosts) {
        this.definitions = definitions;
        this.hosts = hosts;
    }

    /** What each set prints as. */
    Map<String, List<String>> resolve() throws PolicyException {
        Map<String, List<String>> printed = new HashMap<>();
        for (Map.Entry<String, Json> definition : definitions.entrySet()) {
            String name = definition.getKey();
            if (!name.startsWith("ipset:") || name.length() == "ipset:".length()) {
                throw new PolicyException(
                        definition.getValue().at(), "ipsets[\"" + name + "\"]: names must start with \"ipset:\"");
            }
            AddressSet ranges = set(definition.getValue().at(), name);
            printed.put(
                    name,
                    isJustInternet(definition.getValue())
                            ? Words.INTERNET
                            : ranges.ranges().stream()
                                    .map(AddressRange::toString)
                                    .toList());
        }
        return printed;
    }

    private static boolean isJustInternet(Json definition) {
        return definition instanceof Json.JsonArray array
                && array.elements().size() == 1
                && array.elements().getFirst() instanceof Json.JsonString only
                && only.value().strip().replaceFirst("^add\\s+", "").equals("autogroup:internet");
    }

    private AddressSet set(Position at, String name) throws PolicyException {
        AddressSet known = resolved.get(name);
        if (known != null) {
            return known;
        }
        Json definition = definitions.get(name);
        if (definition == null) {
            throw new PolicyException(at, "ipset not defined in policy: \"" + name + "\"");
        }
        if (underWay.contains(name)) {
            throw new PolicyException(
                    at, "ipsets[\"" + name + "\"] refers to itself: " + String.join(" <- ", underWay) + " <- " + name);
        }
        if (underWay.size() == MAX_DEPTH) {
            throw new PolicyException(at, "ipsets[\"" + name + "\"]: nested deeper than " + MAX_DEPTH);
        }
        if (!(definition instanceof Json.JsonArray array)) {
            throw new PolicyException(
                    PolicyException.Fault.TYPE,
                    definition.at(),
                    "ipsets[\"" + name + "\"] must be a list, not " + definition.kind());
        }
        underWay.push(name);
        boolean named = array.elements().stream()
                .anyMatch(element -> element instanceof Json.JsonString operation && isNamed(operation.value()));
        AddressSet result = AddressSet.EMPTY;
        // Joined only before a removal and at the end: joining one by one would be quadratic.
        List<AddressRange> added = new ArrayList<>();
        for (Json element : array.elements()) {
            if (++operations > MAX_OPERATIONS) {
                throw new PolicyException(
                        element.at(), "ipsets have more than " + MAX_OPERATIONS + " operations together");
            }
            if (!(element instanceof Json.JsonString operation)) {
                throw new PolicyException(
                        element.at(), "ipsets[\"" + name + "\"]: expected a string, not " + element.kind());
            }
            String word = operation.value().strip();
            if (named && !isNamed(word)) {
                throw new PolicyException(
                        element.at(),
                        "ipsets[\"" + name + "\"]: \"" + word
                                + "\": where one entry says add or remove, all of them must");
            }
            AddressSet operand = operand(element.at(), name, word.replaceFirst("^(add|remove)\\s+", ""));
            work += operand.ranges().size();
            if (word.matches("remove\\s+.*")) {
                work += result.ranges().size() + added.size();
                result = result.plus(AddressSet.of(added)).minus(operand);
                added.clear();
            } else {
                added.addAll(operand.ranges());
            }
            if (added.size() + result.ranges().size() > MAX_RANGES || work > MAX_WORK) {
                throw new PolicyException(
                        element.at(),
                        "ipsets[\"" + name + "\"] is too large: use fewer ranges, or fewer removals from large sets");
            }
        }
        result = result.plus(AddressSet.of(added));
        underWay.pop();
        resolved.put(name, result);
        return result;
    }

    private static boolean isNamed(String operation) {
        return operation.strip().matches("(add|remove)\\s+.*");
    }

    private AddressSet operand(Position at, String name, String target) throws PolicyException {
        if (target.startsWith("ipset:")) {
            return set(at, target);
        }
        if (target.equals("autogroup:internet")) {
            return AddressSet.of(
                    Words.INTERNET.stream().map(AddressRange::parse).toList());
        }
        String text = target;
        if (target.startsWith("host:")) {
            String host = hosts.get(target.substring("host:".length()));
            if (host == null) {
                throw new PolicyException(
                        at, "host not defined in policy: \"" + target.substring("host:".length()) + "\"");
            }
            text = host;
        }
        try {
            return AddressSet.of(List.of(AddressRange.parse(text)));
        } catch (IllegalArgumentException e) {
            throw new PolicyException(
                    at,
                    "ipsets[\"" + name + "\"]: \"" + target
                            + "\" is no address, prefix, range, host:, ipset: or autogroup:internet");
        }
    }
}
