package io.fleetscale.control.node;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The form of tags. Source: headscale-surface 1.4. */
public final class TagNames {
    private TagNames() {}

    /** What is wrong with a tag, in headscale's words; empty when nothing is. */
    public static Optional<String> problem(String tag) {
        if (!tag.startsWith("tag:")) {
            return Optional.of("tag must start with the string 'tag:'");
        }
        if (tag.codePoints().anyMatch(Character::isUpperCase)) {
            return Optional.of("tag should be lowercase");
        }
        return tag.codePoints().anyMatch(Character::isWhitespace)
                ? Optional.of("tags must not contain spaces")
                : Optional.empty();
    }

    /** Sorted, each once. */
    public static List<String> normalise(Collection<String> tags) {
        return tags.stream().sorted().distinct().toList();
    }

    /** The refusal that headscale and tailscale give: {@code requested tags [tag:a tag:b] are invalid or not permitted}. */
    public static String refusal(Collection<String> tags) {
        return "requested tags [" + String.join(" ", tags) + "] are invalid or not permitted";
    }
}
