package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Reads {@code acls} and {@code grants}. Source: policy 1.4, 1.6 V3-V18, 2.2, 2.7. */
final class AccessReader {
    private static final Set<String> ACL = Set.of("action", "src", "users", "dst", "ports", "proto", "srcPosture");
    private static final Set<String> GRANT = Set.of("src", "dst", "ip", "app", "via", "srcPosture");
    private static final String SELF_NEEDS_USERS =
            "autogroup:self can only be used with users, groups, or supported autogroups";
    /** Capabilities of the reserved domain that a policy may grant. Source: policy 1.6, V13. */
    private static final Set<String> GRANTABLE =
            Set.of("drive", "relay", "webui", "kubernetes", "tsidp", "secrets", "tailsql", "golink", "pam");

    private final PolicyReader policy;
    private final Map<String, List<PortRange>> portLists = new HashMap<>();

    AccessReader(PolicyReader policy) {
        this.policy = policy;
    }

    List<PolicyDocument.Acl> acls(List<Json> entries) throws PolicyException {
        List<PolicyDocument.Acl> acls = new ArrayList<>(entries.size());
        for (Json entry : entries) {
            acls.add(acl(Fields.of(entry, "acls", ACL)));
        }
        return acls;
    }

    private PolicyDocument.Acl acl(Fields entry) throws PolicyException {
        String action = entry.string("action");
        if (!"accept".equals(action)) {
            throw new PolicyException(entry.at(), "action=\"" + (action == null ? "" : action) + "\" is not supported");
        }
        List<Alias> sources = sources(entry, entry.has("src") ? "src" : "users");
        String proto = entry.string("proto");
        List<Integer> protocols =
                proto == null || proto.isEmpty() ? List.of() : List.of(Protocols.protocol(entry.at(), proto));
        List<PolicyDocument.Destination> destinations = new ArrayList<>();
        String field = entry.has("dst") ? "dst" : "ports";
        for (Json element : entry.list(field)) {
            destinations.add(destination(entry, element, field, sources, protocols, proto));
        }
        return new PolicyDocument.Acl(entry.line(), sources, destinations, protocols, policy.conditions(entry));
    }

    private PolicyDocument.Destination destination(
            Fields entry,
            Json element,
            String field,
            List<Alias> sources,
            List<Integer> protocols,
            @Nullable String proto)
            throws PolicyException {
        Position at = element.at();
        String text = entry.stringOf(element, field);
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new PolicyException(at, "dst=\"" + text + "\": hostport must contain a colon (\":\")");
        }
        List<PortRange> ports = portList(at, "dst=\"" + text + "\": ", text.substring(colon + 1));
        String host = text.substring(0, colon).strip();
        Alias alias = policy.words().alias(at, host);
        if (alias instanceof Alias.Tag tag && !policy.words().isTagDefined(tag.text())) {
            throw new PolicyException(at, "dst=\"" + host + "\": tag not found: \"" + host + "\"");
        }
        checkDestination(at, alias);
        if (alias instanceof Alias.Self && !sources.stream().allMatch(a -> a.isOfUsers() || a instanceof Alias.Any)) {
            throw new PolicyException(at, SELF_NEEDS_USERS);
        }
        if (!protocols.isEmpty()
                && !Protocols.hasPorts(protocols.getFirst())
                && !ports.equals(List.of(PortRange.ALL))) {
            throw new PolicyException(
                    at, "protocol does not support specific ports: \"" + proto + "\", only \"*\" is allowed");
        }
        return new PolicyDocument.Destination(alias, ports);
    }

    private static void requirePorts(Position at, String prefix, String text) throws PolicyException {
        if (text.isEmpty()) {
            throw new PolicyException(at, prefix + "invalid port list: \"\"");
        }
    }

    private List<PortRange> portList(Position at, String prefix, String text) throws PolicyException {
        List<PortRange> known = portLists.get(text);
        if (known != null) {
            return known;
        }
        requirePorts(at, prefix, text);
        List<PortRange> ranges = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            ranges.add(Protocols.ports(at, prefix, item.strip()));
        }
        portLists.put(text, ranges);
        return ranges;
    }

    private static void checkDestination(Position at, Alias alias) throws PolicyException {
        if (alias instanceof Alias.DangerAll) {
            throw new PolicyException(at, "cannot use autogroup:danger-all as a dst");
        }
        if (alias instanceof Alias.Shared) {
            throw new PolicyException(at, "\"autogroup:shared\" not valid on the dst side of a rule");
        }
    }

    private List<Alias> sources(Fields entry, String field) throws PolicyException {
        List<Alias> sources = policy.aliases(entry, field);
        for (Alias source : sources) {
            switch (source) {
                case Alias.Self self ->
                    throw new PolicyException(entry.at(), "\"autogroup:self\" not valid on the src side of a rule");
                case Alias.Internet internet ->
                    throw new PolicyException(entry.at(), "autogroup:internet can only be used in ACL destinations");
                case Alias.Service service ->
                    throw new PolicyException(
                            entry.at(), "\"" + service.text() + "\" not valid on the src side of a rule");
                case Alias.Tag tag
                when !policy.words().isTagDefined(tag.text()) ->
                    throw new PolicyException(entry.at(), "src=tag not found: \"" + tag.text() + "\"");
                default -> {}
            }
        }
        return sources;
    }

    List<PolicyDocument.Grant> grants(List<Json> entries) throws PolicyException {
        List<PolicyDocument.Grant> grants = new ArrayList<>(entries.size());
        for (Json entry : entries) {
            grants.add(grant(Fields.of(entry, "grants", GRANT)));
        }
        return grants;
    }

    private PolicyDocument.Grant grant(Fields entry) throws PolicyException {
        List<Alias> sources = sources(entry, "src");
        List<Alias> destinations = policy.aliases(entry, "dst");
        List<PolicyDocument.Traffic> ip = traffic(entry);
        SortedMap<String, String> app = entry.jsonTexts("app");
        if (ip.isEmpty() && app.isEmpty()) {
            throw new PolicyException(entry.at(), "ip and app can not both be empty");
        }
        for (String capability : app.keySet()) {
            checkCapability(entry.at(), capability);
        }
        checkDestinations(entry, sources, destinations, !app.isEmpty());
        return new PolicyDocument.Grant(
                entry.line(), sources, destinations, ip, app, via(entry), policy.conditions(entry));
    }

    private static List<PolicyDocument.Traffic> traffic(Fields entry) throws PolicyException {
        List<PolicyDocument.Traffic> traffic = new ArrayList<>();
        for (Json element : entry.list("ip")) {
            Position at = element.at();
            String text = entry.stringOf(element, "ip");
            int colon = text.indexOf(':');
            String word = colon < 0 ? "*" : text.substring(0, colon).strip();
            if (word.isEmpty()) {
                throw new PolicyException(at, "empty protocol");
            }
            Integer protocol = word.equals("*") ? null : (Integer) Protocols.protocol(at, word);
            String ports = text.substring(colon + 1).strip();
            requirePorts(at, "", ports);
            PortRange range = Protocols.ports(at, "", ports);
            if (protocol != null && !Protocols.hasPorts(protocol) && !range.equals(PortRange.ALL)) {
                throw new PolicyException(
                        at, "protocol does not support specific ports: \"" + word + "\", only \"*\" is allowed");
            }
            traffic.add(new PolicyDocument.Traffic(protocol, range));
        }
        return traffic;
    }

    static void checkCapability(Position at, String name) throws PolicyException {
        int slash = name.indexOf('/');
        if (name.contains("://") || slash <= 0 || slash == name.length() - 1) {
            throw new PolicyException(at, "capability name must have the form {domain}/{path}");
        }
        String domain = name.substring(0, slash);
        boolean granted = name.startsWith("tailscale.com/cap/")
                && GRANTABLE.contains(name.substring("tailscale.com/cap/".length()));
        if (domain.equals("tailscale.com") && !granted) {
            throw new PolicyException(at, "capability name must not be in the tailscale.com domain");
        }
        if (domain.equals("tailscale.io")) {
            throw new PolicyException(at, "capability name must not be in the tailscale.io domain");
        }
    }

    private void checkDestinations(Fields entry, List<Alias> sources, List<Alias> destinations, boolean app)
            throws PolicyException {
        Position at = entry.at();
        for (Alias destination : destinations) {
            checkDestination(at, destination);
            switch (destination) {
                case Alias.Tag tag
                when !policy.words().isTagDefined(tag.text()) ->
                    throw new PolicyException(at, "dst=\"" + tag.text() + "\": tag not found: \"" + tag.text() + "\"");
                case Alias.Self self
                when !sources.stream().allMatch(Alias::isOfUsers) -> throw new PolicyException(at, SELF_NEEDS_USERS);
                case Alias.Internet internet
                when app -> throw new PolicyException(at, "cannot use app grants with autogroup:internet");
                case Alias.Literal literal
                when literal.printed().stream().anyMatch(text -> text.endsWith("/0")) ->
                    throw new PolicyException(
                            at,
                            "dst \"" + literal.text()
                                    + "\": to allow all IP addresses, use \"*\" or \"autogroup:internet\"");
                default -> {}
            }
        }
    }

    private List<Alias.Tag> via(Fields entry) throws PolicyException {
        List<Alias.Tag> tags = new ArrayList<>();
        for (String text : entry.strings("via")) {
            if (!text.startsWith("tag:")) {
                throw new PolicyException(entry.at(), "via can only be a tag");
            }
            if (!policy.words().isTagDefined(text)) {
                throw new PolicyException(entry.at(), "tag \"" + text + "\" not found");
            }
            tags.add(new Alias.Tag(text));
        }
        return tags;
    }
}
