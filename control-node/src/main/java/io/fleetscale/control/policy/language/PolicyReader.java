package io.fleetscale.control.policy.language;

import io.fleetscale.control.derpmap.DerpMapOverlay;
import io.fleetscale.control.policy.hujson.HujsonException;
import io.fleetscale.control.policy.hujson.HujsonReader;
import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a policy and finds everything that can be wrong with it without looking at nodes; the first problem refuses it.
 * Source of sections, checks and texts: policy 1.2-1.6.
 */
public final class PolicyReader {
    /** Entries of {@code acls} and {@code grants} together. */
    public static final int MAX_RULES = 50_000;

    private static final Set<String> SECTIONS = Set.of(
            "acls",
            "grants",
            "groups",
            "hosts",
            "tagOwners",
            "autoApprovers",
            "ssh",
            "nodeAttrs",
            "tests",
            "sshTests",
            "randomizeClientPort",
            "postures",
            "defaultSrcPosture",
            "ipsets",
            "derpMap",
            "disableIPv4",
            "OneCGNATRoute");
    private static final Pattern TAG = Pattern.compile("tag:[A-Za-z][A-Za-z0-9.-]*");
    private static final Json NOTHING = new Json.JsonObject(new Position(1, 1), List.of());
    private static final String AUTO_APPROVERS = "autoApprovers";

    private final Fields top;
    private final SortedMap<String, Alias.Group> groups;
    private final Map<String, Posture> postures;
    private final Words words;
    private final Map<String, List<String>> ipSets;
    private final Map<String, Json> tagOwners;
    private final List<Posture> defaultPostures;

    private PolicyReader(Fields top) throws PolicyException {
        this.top = top;
        this.groups = groups(top);
        Map<String, String> hosts = hosts(top);
        this.ipSets = new IpSets(top.members("ipsets"), hosts).resolve();
        this.postures = postures(top);
        this.tagOwners = top.members("tagOwners");
        this.words = new Words(groups, hosts, ipSets, tagOwners::containsKey);
        this.defaultPostures = postures(top, "defaultSrcPosture");
    }

    /**
     * Reads a policy; a text without a value is the policy that allows everything.
     *
     * @throws PolicyException with the text that refuses it
     */
    public static PolicyDocument read(String text) throws PolicyException {
        Json root;
        try {
            root = HujsonReader.isBlank(text) ? NOTHING : HujsonReader.read(text);
        } catch (HujsonException e) {
            throw new PolicyException(PolicyException.Fault.SYNTAX, e.at(), e.getMessage());
        }
        return new PolicyReader(Fields.of(root, "the policy", SECTIONS)).document();
    }

    private PolicyDocument document() throws PolicyException {
        SortedMap<String, PolicyDocument.TagOwners> owners = tagOwners();
        AccessReader access = new AccessReader(this);
        List<Json> acls = top.list("acls");
        List<Json> grants = top.list("grants");
        if (acls.size() + grants.size() > MAX_RULES) {
            Json section = top.get(acls.size() > grants.size() ? "acls" : "grants");
            throw new PolicyException(
                    section == null ? PolicyException.NOWHERE : section.at(),
                    "the policy has " + (acls.size() + grants.size()) + " rules, more than " + MAX_RULES);
        }
        return new PolicyDocument(
                !top.has("acls") && !top.has("grants"),
                access.acls(acls),
                access.grants(grants),
                groups,
                owners,
                autoApprovers(),
                new SshReader(this).rules(top.list("ssh")),
                new AttributeReader(this).attributes(top.list("nodeAttrs")),
                postures,
                ipSets,
                new TestReader(this).tests(top.list("tests")),
                new TestReader(this).sshTests(top.list("sshTests")),
                options());
    }

    Words words() {
        return words;
    }

    /** What the words of a list denote, in their order. */
    List<Alias> aliases(Fields entry, String field) throws PolicyException {
        List<Alias> aliases = new ArrayList<>();
        for (Json element : entry.list(field)) {
            aliases.add(words.alias(element.at(), entry.stringOf(element, field)));
        }
        return aliases;
    }

    /** The conditions of an entry: its own, else those of the whole policy. */
    List<Posture> conditions(Fields entry) throws PolicyException {
        return entry.has("srcPosture") ? postures(entry, "srcPosture") : defaultPostures;
    }

    private List<Posture> postures(Fields entry, String field) throws PolicyException {
        List<Posture> named = new ArrayList<>();
        for (String name : entry.strings(field)) {
            Posture posture = postures.get(name);
            if (posture == null) {
                throw new PolicyException(entry.at(), "posture not defined in policy: \"" + name + "\"");
            }
            named.add(posture);
        }
        return named;
    }

    private static SortedMap<String, Alias.Group> groups(Fields top) throws PolicyException {
        Map<String, Json> members = top.members("groups");
        // The captured service visits the keys in descending order. Source: policy 1.6, V2.
        SortedMap<String, Alias.Group> groups = new TreeMap<>(Comparator.reverseOrder());
        List<String> names =
                members.keySet().stream().sorted(Comparator.reverseOrder()).toList();
        for (String name : names) {
            Json value = members.get(name);
            Position at = value == null ? PolicyException.NOWHERE : value.at();
            if (!name.startsWith("group:") || name.length() == "group:".length()) {
                throw new PolicyException(at, "groups[\"" + name + "\"]: group names must start with \"group:\"");
            }
            List<String> logins = new ArrayList<>();
            for (Json element : value == null ? List.<Json>of() : elements(top, value, name)) {
                String login = top.stringOf(element, name);
                if (login.startsWith("group:")) {
                    throw new PolicyException(
                            element.at(),
                            "groups[\"" + name + "\"]: \"" + login + "\": group members cannot be recursive");
                }
                if (login.indexOf('@') < 0 || login.startsWith("user:") || login.startsWith("tag:")) {
                    throw new PolicyException(
                            element.at(),
                            "groups[\"" + name + "\"]: \"" + login
                                    + "\": group members must be users, written with '@'");
                }
                logins.add(login);
            }
            groups.put(name, new Alias.Group(name, logins));
        }
        return new TreeMap<>(groups);
    }

    private static List<Json> elements(Fields fields, Json value, String name) throws PolicyException {
        return value instanceof Json.JsonNull ? List.of() : fields.listOf(value, name);
    }

    private static Map<String, String> hosts(Fields top) throws PolicyException {
        Map<String, String> hosts = new HashMap<>();
        for (Map.Entry<String, Json> member : top.members("hosts").entrySet()) {
            String name = member.getKey().strip();
            Position at = member.getValue().at();
            if (name.isEmpty() || name.indexOf('@') >= 0 || name.indexOf(':') >= 0 || name.equals("*")) {
                throw new PolicyException(at, "hosts[\"" + name + "\"]: host names may contain neither '@' nor ':'");
            }
            String text = top.stringOf(member.getValue(), name);
            Alias.Literal literal = Words.literal(text);
            if (literal == null) {
                throw new PolicyException(
                        at, "hosts[\"" + name + "\"]: \"" + text + "\" is neither an IP address nor a prefix");
            }
            hosts.put(name, literal.printed().getFirst());
        }
        return hosts;
    }

    private static Map<String, Posture> postures(Fields top) throws PolicyException {
        Map<String, Posture> postures = new HashMap<>();
        for (Map.Entry<String, Json> member : top.members("postures").entrySet()) {
            String name = member.getKey();
            Json value = member.getValue();
            if (!name.startsWith("posture:") || name.length() == "posture:".length()) {
                throw new PolicyException(value.at(), "postures[\"" + name + "\"]: names must start with \"posture:\"");
            }
            List<Json> texts = value instanceof Json.JsonObject
                    ? Fields.of(value, name, Set.of("assertions", "onFailure")).list("assertions")
                    : elements(top, value, name);
            List<PostureAssertion> assertions = new ArrayList<>();
            for (Json element : texts) {
                try {
                    assertions.add(PostureAssertion.parse(top.stringOf(element, name)));
                } catch (IllegalArgumentException e) {
                    throw new PolicyException(element.at(), name + ": " + e.getMessage());
                }
            }
            postures.put(name, new Posture(name, assertions));
        }
        return postures;
    }

    private SortedMap<String, PolicyDocument.TagOwners> tagOwners() throws PolicyException {
        SortedMap<String, PolicyDocument.TagOwners> owners = new TreeMap<>();
        for (Map.Entry<String, Json> member : tagOwners.entrySet()) {
            String tag = member.getKey();
            Position at = member.getValue().at();
            if (!TAG.matcher(tag).matches()) {
                throw new PolicyException(at, wrongTag(tag));
            }
            List<Alias> aliases = new ArrayList<>();
            for (Json element : elements(top, member.getValue(), tag)) {
                Alias owner = words.alias(element.at(), top.stringOf(element, tag));
                if (owner instanceof Alias.Tag other && !words.isTagDefined(other.text())) {
                    throw new PolicyException(
                            element.at(), "tag \"" + tag + "\" references undefined tag \"" + other.text() + "\"");
                }
                if (!owner.isIdentity()) {
                    throw new PolicyException(
                            element.at(), "tagOwners[\"" + tag + "\"]: \"" + owner.text() + "\" cannot own a tag");
                }
                aliases.add(owner);
            }
            owners.put(tag, new PolicyDocument.TagOwners(at.line(), aliases));
        }
        return owners;
    }

    private static String wrongTag(String tag) {
        String subject = "tagOwners[\"" + tag + "\"]: ";
        if (!tag.startsWith("tag:")) {
            return subject + "tag names must start with \"tag:\"";
        }
        boolean letter = tag.length() > 4
                && (tag.charAt(4) >= 'a' && tag.charAt(4) <= 'z' || tag.charAt(4) >= 'A' && tag.charAt(4) <= 'Z');
        return letter
                ? subject + "tag names may contain letters, digits and '-' only"
                : subject + "tag names must start with a letter, after 'tag:'";
    }

    private PolicyDocument.AutoApprovers autoApprovers() throws PolicyException {
        Json value = top.get(AUTO_APPROVERS);
        if (value == null) {
            return new PolicyDocument.AutoApprovers(List.of(), List.of(), new TreeMap<>());
        }
        Fields fields = Fields.of(value, AUTO_APPROVERS, Set.of("routes", "exitNode", "services"));
        List<PolicyDocument.RouteApprovers> routes = new ArrayList<>();
        for (Map.Entry<String, Json> member : fields.members("routes").entrySet()) {
            IpPrefix prefix = prefix(member.getKey());
            if (prefix == null) {
                throw new PolicyException(
                        member.getValue().at(),
                        "autoApprovers.routes: \"" + member.getKey() + "\" is no prefix: write ADDRESS/LENGTH");
            }
            routes.add(new PolicyDocument.RouteApprovers(prefix, approvers(fields, member.getValue(), "routes")));
        }
        SortedMap<String, List<Alias>> services = new TreeMap<>();
        for (Map.Entry<String, Json> member : fields.members("services").entrySet()) {
            if (!member.getKey().startsWith("svc:") && !member.getKey().startsWith("tag:")) {
                throw new PolicyException(
                        member.getValue().at(),
                        "autoApprovers.services: \"" + member.getKey() + "\" is neither a service nor a tag");
            }
            if (member.getKey().startsWith("svc:")) {
                Words.requireService(member.getValue().at(), member.getKey());
            }
            services.put(member.getKey(), approvers(fields, member.getValue(), "services"));
        }
        Json exitNode = fields.get("exitNode");
        return new PolicyDocument.AutoApprovers(
                routes, exitNode == null ? List.of() : approvers(fields, exitNode, "exitNode"), services);
    }

    private static @Nullable IpPrefix prefix(String text) {
        try {
            return text.indexOf('/') < 0
                    ? IpPrefix.single(IpAddress.parse(text))
                    : IpPrefix.parse(text).masked();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private List<Alias> approvers(Fields fields, Json value, String name) throws PolicyException {
        List<Alias> approvers = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Json element : elements(fields, value, name)) {
            Alias alias = words.alias(element.at(), fields.stringOf(element, name));
            if (!alias.isIdentity()) {
                throw new PolicyException(
                        element.at(),
                        "autoApprovers." + name + ": \"" + alias.text()
                                + "\" cannot approve: name users, groups or tags");
            }
            if (alias instanceof Alias.Tag tag && !words.isTagDefined(tag.text())) {
                throw new PolicyException(element.at(), "tag not found: \"" + tag.text() + "\"");
            }
            if (seen.add(alias.text())) {
                approvers.add(alias);
            }
        }
        return approvers;
    }

    private PolicyDocument.Options options() throws PolicyException {
        String route = top.string("OneCGNATRoute");
        String oneCgnatRoute = route == null ? "" : route;
        if (!Set.of("", "mac-always", "mac-never").contains(oneCgnatRoute)) {
            throw new PolicyException(
                    PolicyException.NOWHERE,
                    "OneCGNATRoute: \"" + oneCgnatRoute + "\" must be \"mac-always\", \"mac-never\" or \"\"");
        }
        Json derpMap = top.get("derpMap");
        if (derpMap != null && !(derpMap instanceof Json.JsonObject)) {
            throw new PolicyException(
                    PolicyException.Fault.TYPE, derpMap.at(), "derpMap must be an object, not " + derpMap.kind());
        }
        String derpMapText = derpMap == null ? "" : derpMap.toStandardJson();
        try {
            DerpMapOverlay unused = DerpMapOverlay.parse(derpMapText);
        } catch (IllegalArgumentException e) {
            throw new PolicyException(
                    derpMap == null ? PolicyException.NOWHERE : derpMap.at(), String.valueOf(e.getMessage()));
        }
        return new PolicyDocument.Options(
                top.bool("randomizeClientPort"),
                top.bool("disableIPv4"),
                oneCgnatRoute,
                derpMap == null ? null : derpMapText);
    }
}
