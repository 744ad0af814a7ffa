package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code tests} and {@code sshTests}. Most mistakes make an entry fail rather than the reading; the entry keeps the
 * reason. Source: policy 8.2, 8.4, 1.6 V34-V36.
 */
final class TestReader {
    private static final Set<String> TEST =
            Set.of("src", "user", "proto", "accept", "allow", "deny", "srcPostureAttrs");
    private static final Set<String> SSH_TEST = Set.of("src", "dst", "accept", "check", "deny", "srcPostureAttrs");

    private final PolicyReader policy;

    TestReader(PolicyReader policy) {
        this.policy = policy;
    }

    List<PolicyDocument.PolicyTest> tests(List<Json> entries) throws PolicyException {
        List<PolicyDocument.PolicyTest> tests = new ArrayList<>();
        for (Json element : entries) {
            Fields entry = Fields.of(element, "tests", TEST);
            String text = textOf(entry, entry.has("src") ? "src" : "user");
            Source source = source(entry.at(), text, false);
            String fault = source.fault();
            List<Integer> protocols = List.of();
            String proto = entry.string("proto");
            if (proto != null && !proto.isEmpty()) {
                try {
                    protocols = List.of(Protocols.protocol(entry.at(), proto));
                } catch (PolicyException e) {
                    fault = e.getMessage();
                }
            }
            List<PolicyDocument.TestTarget> accept =
                    targets(entry, entry.has("accept") ? "accept" : "allow", protocols);
            List<PolicyDocument.TestTarget> deny = targets(entry, "deny", protocols);
            if (accept.isEmpty() && deny.isEmpty()) {
                fault = "a test needs accept or deny";
            }
            tests.add(new PolicyDocument.PolicyTest(
                    entry.line(),
                    text,
                    source.alias(),
                    protocols,
                    accept,
                    deny,
                    entry.attributes("srcPostureAttrs"),
                    fault));
        }
        return tests;
    }

    private record Source(@Nullable Alias alias, String fault) {}

    private static String textOf(Fields entry, String field) throws PolicyException {
        String text = entry.string(field);
        return text == null ? "" : text;
    }

    private Source source(Position at, String text, boolean ssh) {
        if (text.isEmpty()) {
            return new Source(null, "src must be specified");
        }
        try {
            Alias alias = policy.words().alias(at, text);
            if (alias instanceof Alias.Tag tag && !policy.words().isTagDefined(tag.text())) {
                return new Source(null, "tag not found: \"" + text + "\"");
            }
            boolean usable =
                    alias.isIdentity() || alias instanceof Alias.Literal literal && (!ssh || literal.isSingle());
            return usable ? new Source(alias, "") : new Source(null, "\"" + text + "\" cannot be the src of a test");
        } catch (PolicyException e) {
            return new Source(null, e.getMessage());
        }
    }

    private List<PolicyDocument.TestTarget> targets(Fields entry, String field, List<Integer> protocols)
            throws PolicyException {
        List<PolicyDocument.TestTarget> targets = new ArrayList<>();
        for (Json element : entry.list(field)) {
            targets.add(target(element.at(), entry.stringOf(element, field), protocols));
        }
        return targets;
    }

    private PolicyDocument.TestTarget target(Position at, String text, List<Integer> protocols) {
        int colon = text.lastIndexOf(':');
        String digits = text.substring(colon + 1);
        boolean portless = !protocols.isEmpty() && !Protocols.hasPorts(protocols.getFirst());
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
        if (colon <= 0 || port > PortRange.MAX_PORT || port < 0 || port == 0 != portless) {
            return fault(text, "\"" + text + "\" must be HOST:PORT with one port");
        }
        String host = text.substring(0, colon).strip();
        boolean bareV6 = host.indexOf(':') >= 0 && host.charAt(0) != '[' && Words.literal(host) != null;
        if (host.indexOf('/') >= 0 || bareV6) {
            return fault(text, "\"" + host + "\" must be one host");
        }
        try {
            Alias alias = policy.words().alias(at, host);
            if (alias instanceof Alias.Tag tag && !policy.words().isTagDefined(tag.text())) {
                return fault(text, "tag not found: \"" + host + "\"");
            }
            boolean usable = alias.isIdentity()
                    || alias instanceof Alias.Service
                    || alias instanceof Alias.Literal literal && literal.isSingle();
            return usable
                    ? new PolicyDocument.TestTarget(text, alias, port, "")
                    : fault(text, "\"" + host + "\" cannot be a destination of a test");
        } catch (PolicyException e) {
            return fault(text, e.getMessage());
        }
    }

    private static PolicyDocument.TestTarget fault(String text, String why) {
        return new PolicyDocument.TestTarget(text, null, 0, why);
    }

    List<PolicyDocument.SshTest> sshTests(List<Json> entries) throws PolicyException {
        List<PolicyDocument.SshTest> tests = new ArrayList<>();
        for (Json element : entries) {
            Fields entry = Fields.of(element, "sshTests", SSH_TEST);
            String text = textOf(entry, "src");
            Source source = source(entry.at(), text, true);
            String fault = source.fault();
            List<Alias> destinations = new ArrayList<>();
            for (Json destination : entry.list("dst")) {
                String word = entry.stringOf(destination, "dst");
                try {
                    destinations.add(sshDestination(destination.at(), word));
                } catch (UnknownName e) {
                    fault = e.getMessage();
                }
            }
            List<String> accept = entry.strings("accept");
            List<String> check = entry.strings("check");
            List<String> deny = entry.strings("deny");
            if (entry.list("dst").isEmpty()) {
                fault = "dst must be specified";
            } else if (accept.isEmpty() && check.isEmpty() && deny.isEmpty()) {
                fault = "a test needs accept, check or deny";
            }
            tests.add(new PolicyDocument.SshTest(
                    entry.line(),
                    text,
                    source.alias(),
                    destinations,
                    accept,
                    check,
                    deny,
                    entry.attributes("srcPostureAttrs"),
                    fault));
        }
        return tests;
    }

    /** A name that nothing stands behind: the entry fails, the policy can be read. */
    private static final class UnknownName extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        private final String text;

        UnknownName(String text) {
            super(text);
            this.text = text;
        }

        @Override
        public String getMessage() {
            return text;
        }
    }

    private Alias sshDestination(Position at, String word) throws PolicyException, UnknownName {
        if (word.startsWith("tag:") && !policy.words().isTagDefined(word)) {
            throw new PolicyException(at, "SSH tests dst contains unknown tag \"" + word + "\"");
        }
        Alias alias;
        try {
            alias = policy.words().alias(at, word);
        } catch (PolicyException e) {
            throw new UnknownName(e.getMessage());
        }
        boolean usable = alias.isIdentity()
                || alias instanceof Alias.Self
                || alias instanceof Alias.Literal literal && literal.isSingle();
        if (!usable) {
            throw new PolicyException(at, "SSH tests dst contains disallowed element \"" + word + "\"");
        }
        return alias;
    }
}
