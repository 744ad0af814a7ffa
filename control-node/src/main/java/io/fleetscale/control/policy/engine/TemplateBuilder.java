package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.FilterChunk;
import io.fleetscale.control.policy.FilterSources;
import io.fleetscale.control.policy.FilterTemplate;
import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.control.policy.SessionRecorders;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes the packet filter of one class, or of one owner's part of it. Not thread-safe. Source: policy 3.6-3.10, 11.7. */
final class TemplateBuilder {
    private final PolicyTables tables;
    private final Program program;
    private final NodeClass members;
    private final @Nullable UserState owner;
    private final Map<Bucket.Key, Bucket> buckets = new LinkedHashMap<>();
    private final List<Made> made = new ArrayList<>();

    /** @param owner whose part of the class it is; absent for one that does not end at the owner */
    TemplateBuilder(PolicyTables tables, NodeClass members, @Nullable UserState owner) {
        this.tables = tables;
        this.program = tables.shared().program();
        this.members = members;
        this.owner = owner;
    }

    /** A rule with the name of its chunk. */
    private record Made(String chunk, FilterChunk.Rule rule) {}

    /** Rules that become one since they have the same sources and protocols. */
    private static final class Bucket {
        /** @param sources the place of a source expression, or what else has the sources */
        record Key(Object sources, List<Integer> protocols) {}

        final String chunk;
        final FilterSources[] lists;
        final List<Integer> protocols;
        final List<FilterChunk.Target> targets = new ArrayList<>();
        int position;

        Bucket(String chunk, FilterSources[] lists, List<Integer> protocols, int position) {
            this.chunk = chunk;
            this.lists = lists;
            this.protocols = protocols;
            this.position = position;
        }
    }

    FilterTemplate build() {
        for (int position : positions()) {
            take(program.rule(position));
        }
        for (Bucket bucket : buckets.values()) {
            if (!bucket.targets.isEmpty()) {
                add(bucket.chunk, bucket.lists, bucket.position, bucket.protocols, bucket.targets, List.of());
            }
        }
        return made.isEmpty() ? FilterTemplate.NOTHING : new FilterTemplate(chunks());
    }

    private int[] positions() {
        IntStream found = IntStream.of(members.rules());
        if (!program.viaGrants().isEmpty()) {
            // Routers that a via grant names take part in the order of its rule even if it gives them nothing.
            for (int token : members.key().identity().values()) {
                found = IntStream.concat(found, IntStream.of(program.viaRulesOf(token)));
            }
        }
        if (owner != null) {
            found = IntStream.concat(found, IntStream.of(program.selfRules()));
        }
        return found.sorted().distinct().toArray();
    }

    private void take(Rule rule) {
        switch (rule) {
            case Rule.Packets packets ->
                join(packets.source(), packets.position(), packets.protocols(), targets(packets.parts(), false));
            case Rule.Via via -> join(via.source(), via.position(), via.protocols(), targets(via.parts(), true));
            case Rule.App app -> takeApp(app);
            case Rule.Companion companion -> takeCompanion(companion);
            case Rule.SelfPackets packets -> takeSelf(packets);
            case Rule.SelfApp app -> takeSelfApp(app);
            case Rule.SelfCompanion companion -> takeSelfCompanion(companion);
        }
    }

    private void join(SourceExpr expr, int position, List<Integer> protocols, List<FilterChunk.Target> targets) {
        SourceSet set = tables.sources()[expr.id()];
        if (set.isEmpty()) {
            return;
        }
        Ints same = sameAs(set.fingerprint(), expr.id());
        int first = same.values()[0];
        Bucket bucket = buckets.computeIfAbsent(
                new Bucket.Key(first, protocols),
                key -> new Bucket(
                        program.expr(first).name(),
                        tables.sources()[first].lists(),
                        protocols,
                        firstPosition(same, protocols)));
        bucket.position = Math.min(bucket.position, position);
        bucket.targets.addAll(targets);
    }

    /** The expressions that print the same; where rules are merged only by expression, the one. */
    private Ints sameAs(Fingerprint fingerprint, int expr) {
        if (tables.shared().inBuckets()) {
            return new Ints(new int[] {expr});
        }
        return tables.sameSources().getOrDefault(fingerprint, new Ints(new int[] {expr}));
    }

    /** A merged rule stands where the first of its contributors stands, whomever that concerns. Source: policy 3.6. */
    private int firstPosition(Ints same, List<Integer> protocols) {
        int first = Integer.MAX_VALUE;
        for (int expr : same.values()) {
            int position = program.firstPackets(expr, protocols);
            if (position >= 0) {
                first = Math.min(first, position);
            }
        }
        return first;
    }

    private List<FilterChunk.Target> targets(List<Rule.Part> parts, boolean routed) {
        List<FilterChunk.Target> targets = new ArrayList<>();
        for (Rule.Part part : parts) {
            Selector to = part.destination();
            switch (to.kind()) {
                case ANY, DANGER_ALL -> {
                    if (!routed) {
                        written("*", part, targets);
                    }
                }
                case INTERNET -> {
                    if (members.isExit()) {
                        Program.INTERNET.forEach(text -> written(text, part, targets));
                    }
                }
                case IDENTITY -> {
                    if (!routed && to.tokens().stream().anyMatch(members.key().identity()::has)) {
                        own(part.ports(), targets);
                    }
                }
                case LITERAL -> {
                    for (int token : to.tokens()) {
                        if (routed ? members.overlaps(token) : members.concerns(token)) {
                            written(program.atom(token).text(), part, targets);
                        }
                    }
                }
            }
        }
        return targets;
    }

    private static void written(String text, Rule.Part part, List<FilterChunk.Target> targets) {
        for (Rule.Ports ports : part.ports()) {
            targets.add(new FilterChunk.Target(FilterChunk.Place.WRITTEN, text, ports.first(), ports.last()));
        }
    }

    private void own(List<Rule.Ports> ports, List<FilterChunk.Target> targets) {
        if (members.key().hasIpv4()) {
            ports.forEach(range ->
                    targets.add(new FilterChunk.Target(FilterChunk.Place.OWN_IPV4, "", range.first(), range.last())));
        }
        if (members.key().hasIpv6()) {
            ports.forEach(range ->
                    targets.add(new FilterChunk.Target(FilterChunk.Place.OWN_IPV6, "", range.first(), range.last())));
        }
    }

    private void takeApp(Rule.App app) {
        List<FilterChunk.Grant> grants = new ArrayList<>();
        for (Selector to : app.destinations()) {
            FilterChunk.Grant grant = new FilterChunk.Grant(
                    members.isPlace(to, NodeClass.IPV4),
                    members.isPlace(to, NodeClass.IPV6),
                    routedPrefixes(to),
                    capabilities(app.position(), app.capabilities()));
            if (grant.ownIpv4() || grant.ownIpv6() || !grant.written().isEmpty()) {
                grants.add(grant);
            }
        }
        if (!grants.isEmpty()) {
            addGrants(app.source(), app.position(), grants);
        }
    }

    /** What an app rule grants, with the addresses of the recorders that it names. */
    private SortedMap<String, String> capabilities(int position, SortedMap<String, String> written) {
        List<List<Integer>> recorders = program.recorders().get(position);
        return recorders == null
                ? written
                : SessionRecorders.addressed(
                        written, recorders.stream().map(this::addressesOf).toList());
    }

    private List<IpAddress> addressesOf(List<Integer> tokens) {
        List<IpAddress> addresses = new ArrayList<>();
        long[] holders = Bits.upTo(tables.classes().length);
        tables.shared().table().orHolders(tokens, holders);
        Bits.forEach(holders, number -> {
            if (number < tables.classes().length) {
                tables.classes()[number].members().forEach(id -> {
                    NodeState node = tables.nodes().get(id);
                    if (node != null) {
                        addresses.addAll(node.node().addresses());
                    }
                });
            }
        });
        return addresses;
    }

    private void addGrants(SourceExpr source, int position, List<FilterChunk.Grant> grants) {
        add(source.name(), tables.sources()[source.id()].lists(), position, List.of(), List.of(), grants);
    }

    /** The prefixes of the destination that overlap a subnet route or the address of a service. Source: policy 3.8, 9.4. */
    private List<IpPrefix> routedPrefixes(Selector destination) {
        if (destination.kind() != Selector.Kind.LITERAL) {
            return List.of();
        }
        List<IpPrefix> prefixes = new ArrayList<>();
        for (int token : destination.tokens()) {
            if (members.leadsTo(token)) {
                for (IpPrefix prefix : program.atom(token).span().prefixes()) {
                    boolean meets = members.routes().stream().anyMatch(prefix::overlaps)
                            || members.services().stream().anyMatch(prefix::overlaps);
                    if (meets && !prefixes.contains(prefix)) {
                        prefixes.add(prefix);
                    }
                }
            }
        }
        return prefixes;
    }

    private void takeCompanion(Rule.Companion companion) {
        int families = members.ownAddresses(companion.places());
        addGrants(companion.source(), companion.position(), List.of(ownGrant(families, companion.capabilities())));
    }

    private static FilterChunk.Grant ownGrant(int families, SortedMap<String, String> capabilities) {
        return new FilterChunk.Grant(
                (families & NodeClass.IPV4) != 0, (families & NodeClass.IPV6) != 0, List.of(), capabilities);
    }

    private void takeSelf(Rule.SelfPackets packets) {
        SmallSources sources = ownSources(packets.source());
        if (sources == null) {
            return;
        }
        List<FilterChunk.Target> targets = new ArrayList<>();
        own(packets.ports(), targets);
        Ints same = tables.shared().inBuckets() ? null : tables.sameSources().get(sources.fingerprint());
        Object key = same != null
                ? same.values()[0]
                : tables.shared().inBuckets() ? packets.source().name() : sources.fingerprint();
        Bucket bucket = buckets.computeIfAbsent(
                new Bucket.Key(key, packets.protocols()),
                absent -> new Bucket(
                        "own." + packets.source().name(),
                        new FilterSources[] {sources},
                        packets.protocols(),
                        same == null ? Integer.MAX_VALUE : firstPosition(same, packets.protocols())));
        bucket.position = Math.min(bucket.position, packets.position());
        bucket.targets.addAll(targets);
    }

    /** The owner's nodes that are sources of the rule; null if there are none. */
    private @Nullable SmallSources ownSources(SourceExpr expr) {
        if (!isNamed(expr)) {
            return null;
        }
        Set<String> texts = ownTexts(expr);
        return texts.isEmpty() ? null : new SmallSources(texts);
    }

    private boolean isNamed(SourceExpr expr) {
        return owner != null
                && (expr.any() || expr.danger() || expr.tokens().stream().anyMatch(owner.identity()::has));
    }

    private Set<String> ownTexts(@Nullable SourceExpr condition) {
        TreeSet<String> texts = new TreeSet<>();
        if (owner != null) {
            owner.nodes().forEach(id -> {
                NodeState node = tables.nodes().get(id);
                if (node != null && (condition == null || node.nodeClass().fulfils(condition))) {
                    for (int family : new int[] {NodeClass.IPV4, NodeClass.IPV6}) {
                        String text = node.text(family);
                        if (text != null) {
                            texts.add(text);
                        }
                    }
                }
            });
        }
        return texts;
    }

    private void takeSelfApp(Rule.SelfApp app) {
        SmallSources sources = ownSources(app.source());
        if (sources != null) {
            add(
                    "own." + app.source().name(),
                    new FilterSources[] {sources},
                    app.position(),
                    List.of(),
                    List.of(),
                    List.of(ownGrant(members.families(), capabilities(app.position(), app.capabilities()))));
        }
    }

    private void takeSelfCompanion(Rule.SelfCompanion companion) {
        if (isNamed(companion.source()) && members.fulfils(companion.source())) {
            add(
                    "own." + companion.source().name(),
                    new FilterSources[] {new SmallSources(ownTexts(null))},
                    companion.position(),
                    List.of(),
                    List.of(),
                    List.of(ownGrant(members.families(), companion.capabilities())));
        }
    }

    private void add(
            String chunk,
            FilterSources[] lists,
            int position,
            List<Integer> protocols,
            List<FilterChunk.Target> targets,
            List<FilterChunk.Grant> grants) {
        for (int i = 0; i < lists.length; i++) {
            if (lists.length > 1 && lists[i] instanceof SourceList list && list.count() == 0) {
                continue;
            }
            made.add(new Made(
                    i == 0 ? chunk : chunk + "." + i,
                    new FilterChunk.Rule(position, lists[i], protocols, targets, grants)));
        }
    }

    private List<FilterChunk> chunks() {
        Map<String, List<FilterChunk.Rule>> byName = new TreeMap<>();
        made.sort((one, other) ->
                Integer.compare(one.rule().position(), other.rule().position()));
        made.forEach(rule ->
                byName.computeIfAbsent(rule.chunk(), name -> new ArrayList<>()).add(rule.rule()));
        List<FilterChunk> chunks = new ArrayList<>();
        byName.forEach((name, rules) -> chunks.add(new FilterChunk(name, version(rules), rules)));
        return chunks;
    }

    private static Fingerprint version(List<FilterChunk.Rule> rules) {
        Fingerprint version = Hash128.ZERO;
        for (FilterChunk.Rule rule : rules) {
            version = Hash128.chain(version, rule.sources().fingerprint());
            for (int protocol : rule.protocols()) {
                version = Hash128.chain(version, protocol + 1);
            }
            for (FilterChunk.Target target : rule.targets()) {
                version = Hash128.chain(version, Hash128.of(target.place().name()));
                version = Hash128.chain(version, (long) target.firstPort() << 32 | target.lastPort());
                version = Hash128.chain(version, Hash128.of(target.written()));
            }
            for (FilterChunk.Grant grant : rule.grants()) {
                version = Hash128.chain(version, (grant.ownIpv4() ? 1 : 0) | (grant.ownIpv6() ? 2 : 0));
                for (IpPrefix prefix : grant.written()) {
                    version = Hash128.chain(version, Hash128.of(prefix.toString()));
                }
                for (Map.Entry<String, String> capability : grant.capabilities().entrySet()) {
                    version = Hash128.chain(version, Hash128.of(capability.getKey()));
                    version = Hash128.chain(version, Hash128.of(capability.getValue()));
                }
            }
            version = Hash128.chain(version, -1);
        }
        return version;
    }
}
