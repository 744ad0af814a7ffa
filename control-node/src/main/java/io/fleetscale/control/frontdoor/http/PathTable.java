package io.fleetscale.control.frontdoor.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Values by (method, path pattern), matched segment by segment: a literal wins over {@code {name}}, which takes exactly
 * one segment, and that over a last {@code {name...}}, which takes one or more. Segments are percent-decoded after
 * splitting; case matters; a trailing slash is another path. Filled by one thread, then only read.
 */
public final class PathTable<T> {
    /** Method of a value that answers to every method. */
    public static final String ANY_METHOD = "*";

    private static final int MAX_SEGMENTS = 64;

    private final Node<T> root = new Node<>();

    /** What a look-up gave. */
    public sealed interface Match<T> {}

    /** The value and what the variables of its pattern stand for. */
    public record Found<T>(T value, String pattern, Map<String, String> variables) implements Match<T> {}

    /** The path is known, with other methods. */
    public record WrongMethod<T>(Set<String> allowed) implements Match<T> {}

    /** Nothing has this path. */
    public record NotFound<T>() implements Match<T> {}

    /** The path has an empty segment, a dot segment or a bad escape. */
    public record BadPath<T>() implements Match<T> {}

    private record Entry<T>(T value, String pattern, List<String> names) {}

    private static final class Node<T> {
        final Map<String, Node<T>> literals = new TreeMap<>();
        final Map<String, Entry<T>> entries = new TreeMap<>();
        final Map<String, Entry<T>> rest = new TreeMap<>();

        @Nullable
        Node<T> variable;
    }

    /**
     * Adds a value.
     *
     * @throws IllegalStateException if the same method and pattern are there already
     */
    public void add(String method, String pattern, T value) {
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("pattern \"" + pattern + "\": must start with /");
        }
        Node<T> node = root;
        List<String> names = new ArrayList<>();
        boolean takesRest = false;
        for (String segment : pattern.substring(1).split("/", -1)) {
            if (takesRest) {
                throw new IllegalArgumentException("pattern \"" + pattern + "\": {name...} must be the last segment");
            }
            if (segment.startsWith("{") && segment.endsWith("...}")) {
                names.add(segment.substring(1, segment.length() - 4));
                takesRest = true;
            } else if (segment.startsWith("{") && segment.endsWith("}")) {
                names.add(segment.substring(1, segment.length() - 1));
                if (node.variable == null) {
                    node.variable = new Node<>();
                }
                node = node.variable;
            } else {
                node = node.literals.computeIfAbsent(segment, key -> new Node<>());
            }
        }
        Map<String, Entry<T>> entries = takesRest ? node.rest : node.entries;
        if (entries.putIfAbsent(method, new Entry<>(value, pattern, List.copyOf(names))) != null) {
            throw new IllegalStateException("route " + method + " " + pattern + " is registered twice");
        }
    }

    /** Looks up a path without its query. */
    public Match<T> match(String method, String path) {
        Optional<List<String>> segments = split(path);
        if (segments.isEmpty()) {
            return new BadPath<>();
        }
        Set<String> allowed = new TreeSet<>();
        Match<T> found = find(root, method, segments.get(), 0, new ArrayList<>(), allowed);
        if (found instanceof NotFound<T> && !allowed.isEmpty()) {
            return new WrongMethod<>(allowed);
        }
        return found;
    }

    private Match<T> find(
            Node<T> node, String method, List<String> segments, int at, List<String> values, Set<String> allowed) {
        if (at == segments.size()) {
            return entry(node.entries, method, values, allowed);
        }
        String segment = segments.get(at);
        Node<T> literal = node.literals.get(segment);
        if (literal != null) {
            Match<T> match = find(literal, method, segments, at + 1, values, allowed);
            if (match instanceof Found<T>) {
                return match;
            }
        }
        if (node.variable != null && !segment.isEmpty()) {
            values.add(segment);
            Match<T> match = find(node.variable, method, segments, at + 1, values, allowed);
            values.removeLast();
            if (match instanceof Found<T>) {
                return match;
            }
        }
        if (!node.rest.isEmpty()) {
            values.add(String.join("/", segments.subList(at, segments.size())));
            Match<T> match = entry(node.rest, method, values, allowed);
            values.removeLast();
            return match;
        }
        return new NotFound<>();
    }

    private Match<T> entry(Map<String, Entry<T>> entries, String method, List<String> values, Set<String> allowed) {
        Entry<T> entry = entries.get(method);
        if (entry == null) {
            entry = entries.get(ANY_METHOD);
        }
        if (entry == null) {
            allowed.addAll(entries.keySet());
            return new NotFound<>();
        }
        Map<String, String> variables = new LinkedHashMap<>();
        for (int i = 0; i < entry.names().size(); i++) {
            variables.put(entry.names().get(i), values.get(i));
        }
        return new Found<>(entry.value(), entry.pattern(), variables);
    }

    /** Decoded segments; empty if the path cannot be one of ours. */
    private static Optional<List<String>> split(String path) {
        if (!path.startsWith("/")) {
            return Optional.empty();
        }
        String[] raw = path.substring(1).split("/", MAX_SEGMENTS + 1);
        if (raw.length > MAX_SEGMENTS) {
            return Optional.empty();
        }
        List<String> segments = new ArrayList<>(raw.length);
        for (int i = 0; i < raw.length; i++) {
            String segment = raw[i];
            if (segment.indexOf('%') >= 0) {
                try {
                    segment = URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
                } catch (IllegalArgumentException e) {
                    return Optional.empty();
                }
            }
            boolean last = i == raw.length - 1;
            if (segment.isEmpty() && !last || segment.equals("..") || segment.equals(".")) {
                return Optional.empty();
            }
            segments.add(segment);
        }
        return Optional.of(segments);
    }
}
