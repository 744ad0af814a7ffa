package io.fleetscale.control.policy.language;

import io.fleetscale.config.PolicyFeature;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The policy language as one server speaks it: a policy that uses a feature which is switched off is refused, so that nothing
 * of it is silently ignored. Immutable.
 *
 * @param features those that are on
 */
public record PolicyLanguage(Set<PolicyFeature> features) {
    public static final PolicyLanguage WHOLE = new PolicyLanguage(EnumSet.allOf(PolicyFeature.class));

    public PolicyLanguage {
        features = Set.copyOf(features);
    }

    /** As {@link PolicyReader#read}. */
    public PolicyDocument read(String text) throws PolicyException {
        PolicyDocument document = PolicyReader.read(text);
        for (PolicyFeature feature : PolicyFeature.values()) {
            int line = features.contains(feature) ? -1 : use(feature, document);
            if (line >= 0) {
                throw new PolicyException(
                        line,
                        feature.meaning() + ": switched off on this server by " + feature.key()
                                + ", remove it from the policy or set the key to true");
            }
        }
        return document;
    }

    /** The line where a policy uses a feature; 0: somewhere; -1: it does not. */
    private static int use(PolicyFeature feature, PolicyDocument document) {
        return switch (feature) {
            case POSTURES -> document.postures().isEmpty() ? -1 : 0;
            case IP_SETS -> document.ipSets().isEmpty() ? -1 : 0;
            case ROLES -> lineOf(document, Alias.Roles.class);
            case SERVICES -> document.autoApprovers().services().isEmpty() ? lineOf(document, Alias.Service.class) : 0;
            case APP_CONNECTORS ->
                document.nodeAttributes().stream()
                        .filter(entry -> !entry.app().isEmpty())
                        .findFirst()
                        .map(PolicyDocument.NodeAttribute::line)
                        .orElse(-1);
            case FUNNEL ->
                document.nodeAttributes().stream()
                        .filter(entry -> entry.attributes().contains("funnel"))
                        .findFirst()
                        .map(PolicyDocument.NodeAttribute::line)
                        .orElse(-1);
            case IP_POOLS ->
                document.nodeAttributes().stream()
                        .filter(entry -> !entry.ipPool().isEmpty())
                        .findFirst()
                        .map(PolicyDocument.NodeAttribute::line)
                        .orElse(-1);
            case DERP_MAP -> document.options().derpMap() == null ? -1 : 0;
            case TAILNET_OPTIONS ->
                document.options().disableIpv4()
                                || !document.options().oneCgnatRoute().isEmpty()
                        ? 0
                        : -1;
            case SSH_RECORDING ->
                document.ssh().stream()
                        .filter(rule -> !rule.recorders().isEmpty() || rule.enforceRecorder())
                        .findFirst()
                        .map(PolicyDocument.SshRule::line)
                        .orElse(-1);
        };
    }

    private record Words(int line, Collection<? extends Alias> aliases) {}

    private static int lineOf(PolicyDocument document, Class<? extends Alias> kind) {
        return Stream.of(
                        document.grants().stream()
                                .flatMap(grant -> Stream.of(
                                        new Words(grant.line(), grant.sources()),
                                        new Words(grant.line(), grant.destinations()))),
                        document.acls().stream()
                                .flatMap(acl -> Stream.of(
                                        new Words(acl.line(), acl.sources()),
                                        new Words(
                                                acl.line(),
                                                acl.destinations().stream()
                                                        .map(PolicyDocument.Destination::alias)
                                                        .toList()))),
                        document.ssh().stream()
                                .flatMap(rule -> Stream.of(
                                        new Words(rule.line(), rule.sources()),
                                        new Words(rule.line(), rule.destinations()))),
                        document.nodeAttributes().stream().map(entry -> new Words(entry.line(), entry.targets())),
                        document.tagOwners().values().stream().map(owners -> new Words(owners.line(), owners.owners())),
                        document.autoApprovers().routes().stream().map(route -> new Words(0, route.approvers())),
                        Stream.of(new Words(0, document.autoApprovers().exitNode())),
                        document.autoApprovers().services().values().stream().map(approvers -> new Words(0, approvers)))
                .flatMap(words -> words)
                .filter(words -> words.aliases().stream().anyMatch(kind::isInstance))
                .findFirst()
                .map(Words::line)
                .orElse(-1);
    }

    /** The whole language without some features. */
    public static PolicyLanguage without(List<PolicyFeature> off) {
        Set<PolicyFeature> on = EnumSet.allOf(PolicyFeature.class);
        off.forEach(on::remove);
        return new PolicyLanguage(on);
    }
}
