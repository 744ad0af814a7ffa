package io.fleetscale.control.api.registry;

import java.util.ArrayList;
import java.util.List;

/** A path whose segments are fixed words or variables that take exactly one segment. */
public record PathPattern(List<Segment> segments) {
    /** One segment. */
    public sealed interface Segment {}

    /** A fixed word, compared case-sensitively. */
    public record Literal(String text) implements Segment {}

    /** One segment of any text but none. */
    public record Variable(String name) implements Segment {}

    public PathPattern {
        segments = List.copyOf(segments);
    }

    /**
     * Reads {@code /api/v1/node/{node_id}/tags}.
     *
     * @throws IllegalArgumentException if the text does not start with a slash, has an empty segment or an unclosed brace
     */
    public static PathPattern parse(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("route pattern " + text + ": must start with '/'");
        }
        List<Segment> segments = new ArrayList<>();
        for (String part : text.substring(1).split("/", -1)) {
            boolean opens = part.startsWith("{");
            if (part.isEmpty() && text.length() > 1 || opens != part.endsWith("}")) {
                throw new IllegalArgumentException("route pattern " + text + ": bad segment \"" + part + "\"");
            }
            segments.add(opens ? new Variable(part.substring(1, part.length() - 1)) : new Literal(part));
        }
        return new PathPattern(segments);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Segment segment : segments) {
            text.append('/');
            switch (segment) {
                case Literal(String word) -> text.append(word);
                case Variable(String name) -> text.append('{').append(name).append('}');
            }
        }
        return text.toString();
    }
}
