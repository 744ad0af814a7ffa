package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.language.Protocols;
import org.jspecify.annotations.Nullable;

/**
 * Whether SRC reaches DST. Immutable.
 *
 * @param source name, number or address of a node, another address, or a word of the policy that denotes nodes
 * @param destination the same, without port
 * @param port null: any
 */
public record Question(
        String source, String destination, @Nullable Integer port, int protocol) {
    private static final int MAX_PORT = 65535;

    /**
     * Reads a question.
     *
     * @param destination with or without {@code :port}; an IPv6 address with a port stands in brackets
     * @param protocol name or number; empty: TCP, or ICMP where no port is named
     * @throws QuestionException saying what cannot be read
     */
    public static Question parse(String source, String destination, String protocol) throws QuestionException {
        String from = source.strip();
        String to = destination.strip();
        if (from.isEmpty() || to.isEmpty()) {
            throw new QuestionException("a question needs a source and a destination, such as laptop and db:5432");
        }
        Integer port = null;
        int colon = portColon(to);
        if (colon > 0) {
            String text = to.substring(colon + 1);
            port = text.equals("*") ? null : (Integer) port(text, to);
            to = to.substring(0, colon);
        }
        if (to.startsWith("[") && to.endsWith("]")) {
            to = to.substring(1, to.length() - 1);
        }
        int number;
        try {
            number = protocol.isBlank() ? Traffics.TCP : Protocols.parse(protocol.strip());
        } catch (IllegalArgumentException e) {
            throw new QuestionException(e.getMessage() == null ? "unknown protocol" : e.getMessage());
        }
        if (port != null && !Traffics.hasPorts(number)) {
            throw new QuestionException(
                    "protocol " + Traffics.name(number) + " has no ports: leave out \":" + port + "\"");
        }
        return new Question(from, to, port, number);
    }

    /** Where the port begins; -1: there is none. */
    private static int portColon(String text) {
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[")) {
            return text.endsWith("]") ? -1 : colon;
        }
        boolean onlyOne = text.indexOf(':') == colon;
        if (isWord(text)) {
            return onlyOne ? -1 : colon;
        }
        return onlyOne ? colon : -1; // an IPv6 address without brackets
    }

    /** Whether it begins like a word of policies, which has a colon of its own. */
    private static boolean isWord(String text) {
        return text.startsWith("tag:")
                || text.startsWith("group:")
                || text.startsWith("autogroup:")
                || text.startsWith("user:")
                || text.startsWith("svc:")
                || text.startsWith("ipset:");
    }

    private static int port(String text, String destination) throws QuestionException {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > MAX_PORT || Integer.parseInt(text) == 0) {
            throw new QuestionException(
                    "destination \"" + destination + "\": port \"" + text + "\" must be 1 to 65535, or *");
        }
        return Integer.parseInt(text);
    }
}
