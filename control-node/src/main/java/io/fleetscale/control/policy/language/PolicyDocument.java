package io.fleetscale.control.policy.language;

import io.fleetscale.wire.ip.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A policy as it was read and found valid, independent of nodes. Immutable. Each entry knows the line where it begins.
 *
 * @param allowAll neither {@code acls} nor {@code grants} are there, which allows everything
 * @param tagOwners tag to those who may assign it
 * @param postures by name, {@code posture:} included
 * @param ipSets by name, to what they print as
 */
public record PolicyDocument(
        boolean allowAll,
        List<Acl> acls,
        List<Grant> grants,
        SortedMap<String, Alias.Group> groups,
        SortedMap<String, TagOwners> tagOwners,
        AutoApprovers autoApprovers,
        List<SshRule> ssh,
        List<NodeAttribute> nodeAttributes,
        Map<String, Posture> postures,
        Map<String, List<String>> ipSets,
        List<PolicyTest> tests,
        List<SshTest> sshTests,
        Options options) {

    public PolicyDocument {
        acls = List.copyOf(acls);
        grants = List.copyOf(grants);
        ssh = List.copyOf(ssh);
        nodeAttributes = List.copyOf(nodeAttributes);
        postures = Map.copyOf(postures);
        ipSets = Map.copyOf(ipSets);
        tests = List.copyOf(tests);
        sshTests = List.copyOf(sshTests);
    }

    /** All logins that it names, also as members of groups. */
    public Set<String> logins() {
        Set<String> logins = new TreeSet<>();
        groups.values().forEach(group -> logins.addAll(group.logins()));
        Stream.of(
                        grants.stream()
                                .flatMap(grant ->
                                        Stream.concat(grant.sources().stream(), grant.destinations().stream())),
                        acls.stream()
                                .flatMap(acl -> Stream.concat(
                                        acl.sources().stream(),
                                        acl.destinations().stream().map(Destination::alias))),
                        ssh.stream()
                                .flatMap(rule -> Stream.concat(rule.sources().stream(), rule.destinations().stream())),
                        nodeAttributes.stream().flatMap(entry -> entry.targets().stream()),
                        tagOwners.values().stream().flatMap(owners -> owners.owners().stream()))
                .flatMap(aliases -> aliases)
                .forEach(alias -> {
                    if (alias instanceof Alias.Login(String text)) {
                        logins.add(text);
                    }
                });
        return logins;
    }

    /** The same with other SSH rules. */
    public PolicyDocument withSsh(List<SshRule> rules) {
        return new PolicyDocument(
                allowAll,
                acls,
                grants,
                groups,
                tagOwners,
                autoApprovers,
                rules,
                nodeAttributes,
                postures,
                ipSets,
                tests,
                sshTests,
                options);
    }

    /** A place that a rule reaches, with its ports. */
    public record Destination(Alias alias, List<PortRange> ports) {
        public Destination {
            ports = List.copyOf(ports);
        }
    }

    /**
     * An entry of {@code acls}.
     *
     * @param protocols empty: none named
     * @param postures of which one must hold at the source; empty: no condition
     */
    public record Acl(
            int line,
            List<Alias> sources,
            List<Destination> destinations,
            List<Integer> protocols,
            List<Posture> postures) {
        public Acl {
            sources = List.copyOf(sources);
            destinations = List.copyOf(destinations);
            protocols = List.copyOf(protocols);
            postures = List.copyOf(postures);
        }
    }

    /**
     * One element of {@code ip} of a grant.
     *
     * @param protocol null: none named
     */
    public record Traffic(@Nullable Integer protocol, PortRange ports) {}

    /**
     * An entry of {@code grants}.
     *
     * @param app capability to its values as standard JSON: a list, or {@code null}, which is not the same to a client
     * @param via tags of routers
     */
    public record Grant(
            int line,
            List<Alias> sources,
            List<Alias> destinations,
            List<Traffic> ip,
            SortedMap<String, String> app,
            List<Alias.Tag> via,
            List<Posture> postures) {
        public Grant {
            sources = List.copyOf(sources);
            destinations = List.copyOf(destinations);
            ip = List.copyOf(ip);
            via = List.copyOf(via);
            postures = List.copyOf(postures);
        }
    }

    /**
     * An entry of {@code ssh}.
     *
     * @param users words of the policy, trimmed
     * @param checkPeriod how long a check is remembered; zero: checked each time; null: the default
     * @param recorders nodes that record sessions
     */
    public record SshRule(
            int line,
            boolean check,
            List<Alias> sources,
            List<Alias> destinations,
            List<String> users,
            @Nullable Duration checkPeriod,
            List<String> acceptEnv,
            List<Posture> postures,
            List<Alias> recorders,
            boolean enforceRecorder) {
        /** What {@code checkPeriod} is when the policy does not say. */
        public static final Duration DEFAULT_CHECK_PERIOD = Duration.ofHours(12);

        public SshRule {
            sources = List.copyOf(sources);
            destinations = List.copyOf(destinations);
            users = List.copyOf(users);
            acceptEnv = List.copyOf(acceptEnv);
            postures = List.copyOf(postures);
            recorders = List.copyOf(recorders);
        }

        /** The same without a condition on the sources. */
        public SshRule withoutPostures() {
            return new SshRule(
                    line,
                    check,
                    sources,
                    destinations,
                    users,
                    checkPeriod,
                    acceptEnv,
                    List.of(),
                    recorders,
                    enforceRecorder);
        }
    }

    /**
     * An entry of {@code nodeAttrs}.
     *
     * @param app capability to its values, each standard JSON
     */
    public record NodeAttribute(
            int line,
            List<Alias> targets,
            List<String> attributes,
            SortedMap<String, List<String>> app,
            List<IpPrefix> ipPool) {
        public NodeAttribute {
            targets = List.copyOf(targets);
            attributes = List.copyOf(attributes);
            ipPool = List.copyOf(ipPool);
        }
    }

    /** Those who may assign a tag; an empty list means the administrators. */
    public record TagOwners(int line, List<Alias> owners) {
        public TagOwners {
            owners = List.copyOf(owners);
        }
    }

    /** Whose routes within {@code prefix} are approved. */
    public record RouteApprovers(IpPrefix prefix, List<Alias> approvers) {
        public RouteApprovers {
            approvers = List.copyOf(approvers);
        }
    }

    /** @param services service or tag to approvers */
    public record AutoApprovers(
            List<RouteApprovers> routes, List<Alias> exitNode, SortedMap<String, List<Alias>> services) {
        public AutoApprovers {
            routes = List.copyOf(routes);
            exitNode = List.copyOf(exitNode);
        }
    }

    /**
     * A destination of a test.
     *
     * @param text as written
     * @param host null: the entry is malformed, and {@code fault} says why
     */
    public record TestTarget(String text, @Nullable Alias host, int port, String fault) {}

    /**
     * An entry of {@code tests}.
     *
     * @param source null: malformed, {@code fault} says why
     * @param protocols empty: those of traffic without a named protocol
     * @param postureAttributes attributes that the source is taken to have; null: those of the real nodes
     * @param fault what is wrong with the entry itself; empty: nothing
     */
    public record PolicyTest(
            int line,
            String sourceText,
            @Nullable Alias source,
            List<Integer> protocols,
            List<TestTarget> accept,
            List<TestTarget> deny,
            @Nullable Map<String, Object> postureAttributes,
            String fault) {}

    /**
     * An entry of {@code sshTests}.
     *
     * @param fault what is wrong with the entry itself; empty: nothing
     */
    public record SshTest(
            int line,
            String sourceText,
            @Nullable Alias source,
            List<Alias> destinations,
            List<String> accept,
            List<String> check,
            List<String> deny,
            @Nullable Map<String, Object> postureAttributes,
            String fault) {}

    /**
     * Settings for the whole tailnet.
     *
     * @param oneCgnatRoute {@code mac-always}, {@code mac-never} or empty
     * @param derpMap what is merged over the tailnet's DERP map, standard JSON; null: nothing
     */
    public record Options(
            boolean randomizeClientPort,
            boolean disableIpv4,
            String oneCgnatRoute,
            @Nullable String derpMap) {
        public static final Options NONE = new Options(false, false, "", null);
    }
}
