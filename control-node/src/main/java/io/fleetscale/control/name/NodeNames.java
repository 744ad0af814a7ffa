package io.fleetscale.control.name;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Names of nodes as DNS labels that are unique in the tailnet, without regard to case. Source: headscale-surface 6.4,
 * tailscale util/dnsname.
 */
public final class NodeNames {
    public static final int MAX_LABEL_BYTES = 63;
    /** Of the full name with its trailing dot. Source: headscale types/node.go. */
    public static final int MAX_FQDN_BYTES = 255;

    private static final String FALLBACK = "node";
    private static final String[] LOCAL_SUFFIXES = {".local", ".localdomain", ".lan"};

    private NodeNames() {}

    /** The label that a reported host name gives; {@code node} where nothing of it is fit for DNS. */
    public static String sanitise(String hostname) {
        String rest = hostname;
        for (String suffix : LOCAL_SUFFIXES) {
            if (rest.endsWith(suffix)) {
                rest = rest.substring(0, rest.length() - suffix.length());
            }
        }
        byte[] bytes = rest.getBytes(StandardCharsets.UTF_8);
        int start = 0;
        int end = Math.min(bytes.length, MAX_LABEL_BYTES);
        while (start < end && !isAlphanumeric(bytes[start])) {
            start++;
        }
        while (end > start && !isAlphanumeric(bytes[end - 1])) {
            end--;
        }
        StringBuilder label = new StringBuilder(end - start);
        for (int i = start; i < end; i++) {
            char c = (char) (bytes[i] & 0xFF);
            if (isAlphanumeric(bytes[i]) || c == '-') {
                label.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
            } else if (c == ' ' || c == '.' || c == '@' || c == '_') {
                label.append('-');
            }
        }
        return label.isEmpty() ? FALLBACK : label.toString();
    }

    /**
     * The name for a node: the label of its host name, with the first free number where another node has it; the label is
     * shortened so that the whole stays within 63 bytes.
     *
     * @param self the node's own number, whose name counts as free; null for a new node
     */
    public static String unique(TailnetImage image, String hostname, @Nullable NodeId self) {
        String base = sanitise(hostname);
        String candidate = base;
        for (int i = 1; !isFree(image, candidate, self); i++) {
            candidate = numbered(base, i);
        }
        return candidate;
    }

    /**
     * The name after a client reported another host name: it follows while it was derived from the former one, an
     * administrator's choice stays.
     */
    public static String afterHostnameChange(TailnetImage image, Node node, String newHostname) {
        String oldBase = sanitise(node.hostname());
        boolean derived = isDerived(node.givenName(), oldBase);
        if (!derived || sanitise(newHostname).equals(oldBase)) {
            return node.givenName();
        }
        return unique(image, newHostname, node.id());
    }

    public static boolean isFree(TailnetImage image, String label, @Nullable NodeId self) {
        Node holder = image.nodeByName(label);
        return (holder == null || holder.id().equals(self))
                && image.resource("vip-service", "svc:" + label.toLowerCase(Locale.ROOT)) == null;
    }

    /** What keeps a text from being a label, in the words of tailscale's checker; empty when nothing does. */
    public static Optional<String> labelProblem(String label) {
        if (label.isEmpty()) {
            return Optional.of("empty DNS label");
        }
        String quoted = quote(label);
        if (label.getBytes(StandardCharsets.UTF_8).length > MAX_LABEL_BYTES) {
            return Optional.of(quoted + " is too long, max length is " + MAX_LABEL_BYTES + " bytes");
        }
        if (!isAlphanumeric(label.charAt(0))) {
            return Optional.of(quoted + " is not a valid DNS label: must start with a letter or number");
        }
        if (!isAlphanumeric(label.charAt(label.length() - 1))) {
            return Optional.of(quoted + " is not a valid DNS label: must end with a letter or number");
        }
        return label.codePoints()
                .filter(c -> c != '-' && !isAlphanumeric(c))
                .mapToObj(c -> quoted + " is not a valid DNS label: contains invalid character '"
                        + Character.toString(c) + "'")
                .findFirst();
    }

    /**
     * The full name with trailing dot.
     *
     * @param baseDomain without dots at its ends; empty gives the label and a dot
     * @return empty when it would be longer than {@link #MAX_FQDN_BYTES}
     */
    public static Optional<String> fqdn(String label, String baseDomain) {
        String name = baseDomain.isEmpty() ? label + "." : label + "." + baseDomain + ".";
        return name.length() > MAX_FQDN_BYTES ? Optional.empty() : Optional.of(name);
    }

    /** In double quotes, control characters escaped. */
    public static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (Character.isISOControl(c)) {
                quoted.append(String.format("\\x%02x", c));
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('"').toString();
    }

    private static boolean isDerived(String givenName, String base) {
        if (givenName.equalsIgnoreCase(base)) {
            return true;
        }
        int dash = givenName.lastIndexOf('-');
        String digits = givenName.substring(dash + 1);
        boolean isNumbered = dash > 0
                && !digits.isEmpty()
                && digits.length() <= 9
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return isNumbered && givenName.equalsIgnoreCase(numbered(base, Integer.parseInt(digits)));
    }

    private static String numbered(String base, int number) {
        String suffix = "-" + number;
        int length = Math.min(base.length(), MAX_LABEL_BYTES - suffix.length());
        return base.substring(0, length) + suffix;
    }

    private static boolean isAlphanumeric(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
