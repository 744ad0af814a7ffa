package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.SharedLogins;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PortRange;
import io.fleetscale.control.vipservice.VipService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Puts a policy as it was read into the engine's terms. Not thread-safe. Source: policy 3.2-3.4. */
final class DocumentProgram {
    private final PolicyDocument document;
    private final Set<String> domains;
    private final SharedLogins shared;
    private final SortedMap<String, VipService> services;
    private final PolicyEnvironment environment;
    private final ProgramBuilder builder = new ProgramBuilder();
    private final Map<String, Selector> known = new HashMap<>();

    private DocumentProgram(
            PolicyDocument document,
            Set<String> domains,
            SharedLogins shared,
            SortedMap<String, VipService> services,
            PolicyEnvironment environment) {
        this.document = document;
        this.domains = domains;
        this.shared = shared;
        this.services = services;
        this.environment = environment;
    }

    /**
     * @param domains the tailnet's own; {@code user:*@} of others means nobody
     * @param shared logins that mean nobody because they could mean several
     * @param services of the tailnet, by name
     */
    static Program of(
            PolicyDocument document,
            Set<String> domains,
            SharedLogins shared,
            SortedMap<String, VipService> services,
            PolicyEnvironment environment) {
        return new DocumentProgram(document, domains, shared, services, environment).program();
    }

    private Program program() {
        if (document.allowAll()) {
            builder.allowAll();
        }
        document.grants().forEach(this::grant);
        document.acls().forEach(this::acl);
        document.ssh().forEach(this::ssh);
        document.nodeAttributes()
                .forEach(entry -> builder.attributes(selectors(entry.targets()), entry.attributes(), entry.app()));
        PolicyDocument.Options options = document.options();
        String derpMap = options.derpMap();
        builder.options(new PolicyOptions(
                options.randomizeClientPort(),
                options.disableIpv4(),
                options.oneCgnatRoute(),
                derpMap == null ? "" : derpMap));
        builder.services(services.values());
        return builder.build();
    }

    private void grant(PolicyDocument.Grant grant) {
        Map<List<Integer>, List<Rule.Ports>> groups = new LinkedHashMap<>();
        for (PolicyDocument.Traffic traffic : grant.ip()) {
            Integer protocol = traffic.protocol();
            groups.computeIfAbsent(protocol == null ? List.of() : List.of(protocol), absent -> new ArrayList<>())
                    .add(ports(traffic.ports()));
        }
        builder.grant(new ProgramBuilder.GrantForm(
                selectors(grant.sources()),
                selectors(grant.destinations()),
                grant.destinations().stream().anyMatch(Alias.Self.class::isInstance),
                groups.entrySet().stream()
                        .map(group -> new ProgramBuilder.PortGroup(group.getKey(), group.getValue()))
                        .toList(),
                grant.app(),
                selectors(grant.via()),
                postures(grant.postures())));
    }

    private void acl(PolicyDocument.Acl acl) {
        Map<String, Alias> aliases = new LinkedHashMap<>();
        Map<String, List<Rule.Ports>> ports = new LinkedHashMap<>();
        for (PolicyDocument.Destination destination : acl.destinations()) {
            String text = destination.alias().text();
            aliases.putIfAbsent(text, destination.alias());
            destination
                    .ports()
                    .forEach(range -> ports.computeIfAbsent(text, absent -> new ArrayList<>())
                            .add(ports(range)));
        }
        for (Alias alias : ordered(aliases.values())) {
            boolean self = alias instanceof Alias.Self;
            builder.grant(new ProgramBuilder.GrantForm(
                    selectors(acl.sources()),
                    self ? List.of() : List.of(selector(alias)),
                    self,
                    List.of(new ProgramBuilder.PortGroup(acl.protocols(), ports.getOrDefault(alias.text(), List.of()))),
                    new TreeMap<>(),
                    List.of(),
                    postures(acl.postures())));
        }
    }

    /** The order in which the real service prints the destinations of an acl. Source: policy 3.4. */
    private static List<Alias> ordered(Iterable<Alias> aliases) {
        List<Alias> first = new ArrayList<>();
        List<Alias> users = new ArrayList<>();
        List<Alias> rest = new ArrayList<>();
        List<Alias> self = new ArrayList<>();
        boolean onlyAutogroups = true;
        for (Alias alias : aliases) {
            onlyAutogroups &= alias.text().startsWith("autogroup:");
        }
        for (Alias alias : aliases) {
            List<Alias> group = switch (alias) {
                case Alias.Any any -> first;
                case Alias.Login login -> users;
                case Alias.Self own -> onlyAutogroups ? rest : self;
                default -> rest;
            };
            group.add(alias);
        }
        first.addAll(users);
        first.addAll(rest);
        first.addAll(self);
        return first;
    }

    private void ssh(PolicyDocument.SshRule rule) {
        Duration period = rule.checkPeriod();
        builder.ssh(
                rule.check(),
                period == null ? PolicyDocument.SshRule.DEFAULT_CHECK_PERIOD : period,
                selectors(rule.sources()),
                selectors(rule.destinations()),
                rule.destinations().stream().anyMatch(Alias.Self.class::isInstance),
                rule.users(),
                rule.acceptEnv(),
                selectors(rule.recorders()),
                rule.enforceRecorder(),
                postures(rule.postures()));
    }

    private List<Integer> postures(List<io.fleetscale.control.policy.language.Posture> named) {
        return named.stream()
                .map(posture -> builder.posture(
                        posture.name(), (image, node) -> posture.holds(environment.deviceAttributes(image, node))))
                .toList();
    }

    private static Rule.Ports ports(PortRange range) {
        return new Rule.Ports(range.first(), range.last());
    }

    /** Without {@code autogroup:self}, which is a kind of rule. */
    private List<Selector> selectors(List<? extends Alias> aliases) {
        return aliases.stream()
                .filter(alias -> !(alias instanceof Alias.Self))
                .map(this::selector)
                .toList();
    }

    /** Each word once: a group may have as many members as there are rules that name it. */
    private Selector selector(Alias alias) {
        Selector selector = known.get(alias.text());
        if (selector == null) {
            selector = selectorOf(alias);
            known.put(alias.text(), selector);
        }
        return selector;
    }

    private Selector selectorOf(Alias alias) {
        return switch (alias) {
            case Alias.Any any -> Selector.ANY;
            case Alias.Login login -> shared.has(login.text()) ? Selector.NOBODY : builder.login(login.text());
            case Alias.Domain domain ->
                domains.contains(domain.domain()) ? builder.domain(domain.domain()) : Selector.NOBODY;
            case Alias.Group group ->
                builder.logins(
                        group.text(),
                        group.isSynced()
                                ? List.of(group.text())
                                : group.logins().stream()
                                        .filter(login -> !shared.has(login))
                                        .toList());
            case Alias.Tag tag -> builder.tag(tag.text());
            case Alias.Members members -> builder.members();
            case Alias.Tagged tagged -> builder.tagged();
            case Alias.Roles roles -> builder.roles(roles.text(), roles.roles());
            case Alias.Internet internet -> Selector.INTERNET;
            case Alias.DangerAll danger -> Selector.DANGER_ALL;
            case Alias.Literal literal -> builder.literal(literal.printed());
            case Alias.Self self -> Selector.NOBODY;
            case Alias.Shared shared -> Selector.NOBODY;
            case Alias.Service service -> {
                VipService known = services.get(service.text());
                yield known == null ? Selector.NOBODY : builder.literal(known.addrs());
            }
        };
    }
}
