package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads {@code ssh}. Source: policy 1.4, 1.6 V19-V29, 5.3. */
final class SshReader {
    private static final Set<String> RULE = Set.of(
            "action", "src", "dst", "users", "checkPeriod", "acceptEnv", "srcPosture", "recorder", "enforceRecorder");
    private static final Duration LONGEST_CHECK_PERIOD = Duration.ofHours(168);

    private final PolicyReader policy;

    SshReader(PolicyReader policy) {
        this.policy = policy;
    }

    List<PolicyDocument.SshRule> rules(List<Json> entries) throws PolicyException {
        List<PolicyDocument.SshRule> rules = new ArrayList<>(entries.size());
        for (Json entry : entries) {
            rules.add(rule(Fields.of(entry, "ssh", RULE)));
        }
        return rules;
    }

    private PolicyDocument.SshRule rule(Fields entry) throws PolicyException {
        Position at = entry.at();
        String action = entry.string("action");
        if (action == null || action.isEmpty()) {
            throw new PolicyException(at, "action must be specified");
        }
        if (!action.equals("accept") && !action.equals("check")) {
            throw new PolicyException(at, "\"" + action + "\" is not a valid action");
        }
        boolean check = action.equals("check");
        List<String> users = users(entry);
        List<Alias> sources = sources(entry);
        List<Alias> destinations = destinations(entry, sources);
        List<String> acceptEnv = new ArrayList<>();
        for (Json element : entry.list("acceptEnv")) {
            String pattern = entry.stringOf(element, "acceptEnv");
            if (pattern.isEmpty()) {
                throw new PolicyException(at, "acceptEnv values cannot be empty");
            }
            acceptEnv.add(pattern);
        }
        Duration period = checkPeriod(entry);
        if (period != null && !check) {
            throw new PolicyException(at, "checkPeriod is only valid with action \"check\"");
        }
        List<Alias> recorders = policy.aliases(entry, "recorder");
        for (Alias recorder : recorders) {
            if (!(recorder instanceof Alias.Tag tag) || !policy.words().isTagDefined(tag.text())) {
                throw new PolicyException(at, "recorder \"" + recorder.text() + "\" must be a tag with owners");
            }
        }
        return new PolicyDocument.SshRule(
                entry.line(),
                check,
                sources,
                destinations,
                users,
                period,
                acceptEnv,
                policy.conditions(entry),
                recorders,
                entry.bool("enforceRecorder"));
    }

    private static List<String> users(Fields entry) throws PolicyException {
        List<String> users = entry.strings("users");
        if (users.isEmpty()) {
            throw new PolicyException(entry.at(), "users must be specified");
        }
        for (String user : users) {
            if (user.isEmpty() || user.equals("*")) {
                throw new PolicyException(entry.at(), "user \"" + user + "\" is not valid");
            }
        }
        return users;
    }

    private static @Nullable Duration checkPeriod(Fields entry) throws PolicyException {
        String text = entry.string("checkPeriod");
        if (text == null) {
            return null;
        }
        if (text.equals("always")) {
            return Duration.ZERO;
        }
        Duration period = GoDurations.parse(entry.at(), text);
        if (period.isNegative()) {
            throw new PolicyException(
                    entry.at(), "checkPeriod " + GoDurations.print(period) + " must be a positive duration");
        }
        if (period.compareTo(LONGEST_CHECK_PERIOD) > 0) {
            throw new PolicyException(
                    entry.at(), "checkPeriod " + GoDurations.print(period) + " is above the max (168h)");
        }
        return period;
    }

    private List<Alias> sources(Fields entry) throws PolicyException {
        List<Alias> sources = policy.aliases(entry, "src");
        for (Alias source : sources) {
            if (!source.isIdentity()) {
                throw new PolicyException(entry.at(), "invalid src \"" + source.text() + "\"");
            }
            if (source instanceof Alias.Tag tag && !policy.words().isTagDefined(tag.text())) {
                throw new PolicyException(entry.at(), "src=tag not found: \"" + tag.text() + "\"");
            }
        }
        return sources;
    }

    private List<Alias> destinations(Fields entry, List<Alias> sources) throws PolicyException {
        Position at = entry.at();
        List<Alias> destinations = policy.aliases(entry, "dst");
        boolean fromTags = sources.stream().anyMatch(a -> a instanceof Alias.Tag || a instanceof Alias.Tagged);
        for (Alias destination : destinations) {
            switch (destination) {
                case Alias.Any any ->
                    throw new PolicyException(
                            at,
                            "wildcard (*) is not supported as SSH destination; use \"autogroup:member\", "
                                    + "\"autogroup:tagged\" or \"autogroup:self\"");
                case Alias.Tag tag
                when !policy.words().isTagDefined(tag.text()) ->
                    throw new PolicyException(at, "tag not found: \"" + tag.text() + "\"");
                case Alias.Self self
                when fromTags ->
                    throw new PolicyException(
                            at, "tags in SSH source cannot access user-owned devices (\"autogroup:self\")");
                case Alias.Members members
                when fromTags ->
                    throw new PolicyException(
                            at, "tags in SSH source cannot access user-owned devices (\"autogroup:member\")");
                case Alias.Login login -> checkUserDestination(at, login, sources, fromTags);
                case Alias.Tag tag -> {}
                case Alias.Tagged tagged -> {}
                case Alias.Members members -> {}
                case Alias.Self self -> {}
                case Alias.Roles roles -> {}
                default -> throw new PolicyException(at, "invalid dst \"" + destination.text() + "\"");
            }
        }
        return destinations;
    }

    private static void checkUserDestination(Position at, Alias.Login login, List<Alias> sources, boolean fromTags)
            throws PolicyException {
        if (fromTags) {
            throw new PolicyException(
                    at, "tags in SSH source cannot access user-owned devices (\"" + login.text() + "\")");
        }
        if (!sources.stream().allMatch(source -> source.text().equals(login.text()))) {
            throw new PolicyException(
                    at,
                    "user destination requires source to contain only that same user \"" + login.text()
                            + "\"; use \"autogroup:self\" for the own devices of several users");
        }
    }
}
