package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A policy in the engine's terms, independent of nodes: rules, and which of them a yes to a question brings into play. Made
 * once for a policy. Immutable and thread-safe.
 */
final class Program {
    /** What {@code *} prints as a source beside the subnet routes. Source: policy 2.3. */
    static final List<String> TAILNET_RANGES =
            List.of("100.115.94.0-100.127.255.255", "100.64.0.0-100.115.91.255", "fd7a:115c:a1e0::/48");

    /** {@code autogroup:internet}, always in this form and order. Source: policy 2.3. */
    static final List<String> INTERNET = List.of(
            "0.0.0.0-9.255.255.255",
            "11.0.0.0-100.63.255.255",
            "100.128.0.0-169.253.255.255",
            "169.255.0.0-172.15.255.255",
            "172.32.0.0-192.167.255.255",
            "192.169.0.0-255.255.255.255",
            "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

    static final List<Span> INTERNET_SPANS = INTERNET.stream().map(Span::parse).toList();

    private static final int[] NONE = {};

    private final Principals principals;
    private final List<Atom> atoms;
    private final SpanIndex atomIndex;
    private final int[] internetAtoms;
    private final int tokenCount;
    private final List<SourceExpr> exprs;
    private final List<Rule> rules;
    private final List<ViaGrant> viaGrants;
    private final List<SshEntry> ssh;
    private final List<AttributeEntry> attributes;
    private final List<Posture> postures;
    private final List<ReachableService> services;
    private final Map<Integer, List<List<Integer>>> recorders;
    private final PolicyOptions options;

    private final int[][] exprsByToken;
    private final int[] exprsOfAny;
    private final int[] exprsOfDanger;
    private final int[] conditionalExprs;
    private final int[][] rulesByDestination;
    private final int[] rulesToAny;
    private final int[] rulesToInternet;
    private final int[][] viaRulesByTag;
    private final int[] companions;
    private final int[] selfRules;
    private final int[][] rulesBySource;
    private final int[][] viaGrantsBySource;
    private final Map<Fingerprint, Integer> firstPackets = new HashMap<>();

    Program(
            Principals principals,
            List<Atom> atoms,
            int identityCount,
            List<SourceExpr> exprs,
            List<Rule> rules,
            List<ViaGrant> viaGrants,
            List<SshEntry> ssh,
            List<AttributeEntry> attributes,
            List<Posture> postures,
            List<VipService> services,
            Map<Integer, List<List<Integer>>> recorders,
            PolicyOptions options) {
        this.principals = principals;
        this.atoms = List.copyOf(atoms);
        this.atomIndex = new SpanIndex(atoms.stream().map(Atom::span).toList());
        this.internetAtoms = internetAtoms(atoms);
        this.tokenCount = 2 * Math.max(identityCount, atoms.size());
        this.exprs = List.copyOf(exprs);
        this.rules = List.copyOf(rules);
        this.viaGrants = List.copyOf(viaGrants);
        this.ssh = List.copyOf(ssh);
        this.attributes = List.copyOf(attributes);
        this.postures = List.copyOf(postures);
        this.recorders = Map.copyOf(recorders);
        this.options = options;

        Index byToken = new Index(tokenCount);
        TreeSet<Integer> any = new TreeSet<>();
        TreeSet<Integer> danger = new TreeSet<>();
        TreeSet<Integer> conditional = new TreeSet<>();
        for (SourceExpr expr : exprs) {
            expr.tokens().forEach(token -> byToken.add(token, expr.id()));
            if (expr.any()) {
                any.add(expr.id());
            }
            if (expr.danger()) {
                danger.add(expr.id());
            }
            if (expr.isConditional()) {
                conditional.add(expr.id());
            }
        }
        this.exprsByToken = byToken.toArrays();
        this.exprsOfAny = array(any);
        this.exprsOfDanger = array(danger);
        this.conditionalExprs = array(conditional);

        Index byDestination = new Index(tokenCount);
        Index byTag = new Index(tokenCount);
        TreeSet<Integer> reversed = new TreeSet<>();
        Index bySource = new Index(exprs.size());
        TreeSet<Integer> toAny = new TreeSet<>();
        TreeSet<Integer> toInternet = new TreeSet<>();
        TreeSet<Integer> self = new TreeSet<>();
        for (Rule rule : rules) {
            int position = rule.position();
            bySource.add(rule.source().id(), position);
            switch (rule) {
                case Rule.Packets packets -> {
                    for (Rule.Part part : packets.parts()) {
                        index(part.destination(), position, byDestination, toAny, toInternet);
                    }
                    firstPackets.putIfAbsent(bucket(packets.source().id(), packets.protocols()), position);
                }
                case Rule.App app -> {
                    for (Selector destination : app.destinations()) {
                        index(destination, position, byDestination, toAny, toInternet);
                    }
                }
                case Rule.Via via -> via.tags().forEach(tag -> byTag.add(tag, position));
                case Rule.Companion companion -> reversed.add(position);
                case Rule.SelfPackets packets -> self.add(position);
                case Rule.SelfApp app -> self.add(position);
                case Rule.SelfCompanion companion -> self.add(position);
            }
        }
        this.rulesByDestination = byDestination.toArrays();
        this.rulesToAny = array(toAny);
        this.rulesToInternet = array(toInternet);
        this.viaRulesByTag = byTag.toArrays();
        this.companions = array(reversed);
        this.selfRules = array(self);
        this.rulesBySource = bySource.toArrays();
        Index viasBySource = new Index(exprs.size());
        for (int i = 0; i < viaGrants.size(); i++) {
            viasBySource.add(viaGrants.get(i).source().id(), i);
        }
        this.viaGrantsBySource = viasBySource.toArrays();
        this.services = services.stream().map(this::reachable).toList();
    }

    private ReachableService reachable(VipService service) {
        IntStream leading = Arrays.stream(rulesToAny);
        for (IpAddress address : service.parsedAddresses()) {
            for (int atom : atomIndex.holding(address)) {
                leading = IntStream.concat(leading, Arrays.stream(rulesTo(Tokens.ofAtom(atom))));
            }
        }
        return ReachableService.of(
                service,
                leading.sorted()
                        .distinct()
                        .mapToObj(rules::get)
                        .filter(Rule.Packets.class::isInstance)
                        .map(Rule::source)
                        .distinct()
                        .toList());
    }

    private static void index(
            Selector destination, int position, Index byToken, Set<Integer> toAny, Set<Integer> toInternet) {
        switch (destination.kind()) {
            case ANY, DANGER_ALL -> toAny.add(position);
            case INTERNET -> toInternet.add(position);
            case IDENTITY, LITERAL -> destination.tokens().forEach(token -> byToken.add(token, position));
        }
    }

    private static int[] internetAtoms(List<Atom> atoms) {
        TreeSet<Integer> inside = new TreeSet<>();
        for (int i = 0; i < atoms.size(); i++) {
            Span span = atoms.get(i).span();
            if (INTERNET_SPANS.stream().anyMatch(internet -> internet.contains(span))) {
                inside.add(Tokens.ofAtom(i));
            }
        }
        return array(inside);
    }

    private static int[] array(Set<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Names a bucket of rules that are merged because they have the same sources and protocols. */
    static Fingerprint bucket(int expr, List<Integer> protocols) {
        Fingerprint hash = Hash128.chain(Hash128.ZERO, expr);
        for (int protocol : protocols) {
            hash = Hash128.chain(hash, protocol);
        }
        return hash;
    }

    Principals principals() {
        return principals;
    }

    Atom atom(int token) {
        return atoms.get(Tokens.indexOf(token));
    }

    SpanIndex atomIndex() {
        return atomIndex;
    }

    /** Tokens of the literals that lie wholly in the internet: they concern every exit node. Source: policy 3.7. */
    int[] internetAtoms() {
        return internetAtoms;
    }

    /** All tokens are below. */
    int tokenCount() {
        return tokenCount;
    }

    List<SourceExpr> exprs() {
        return exprs;
    }

    SourceExpr expr(int id) {
        return exprs.get(id);
    }

    List<Rule> rules() {
        return rules;
    }

    Rule rule(int position) {
        return rules.get(position);
    }

    List<ViaGrant> viaGrants() {
        return viaGrants;
    }

    List<SshEntry> ssh() {
        return ssh;
    }

    List<AttributeEntry> attributes() {
        return attributes;
    }

    List<Posture> postures() {
        return postures;
    }

    /** The services of the tailnet, by name. */
    List<ReachableService> services() {
        return services;
    }

    /** By position of an app rule: the tokens of the nodes that record its sessions, for each value of its capability. */
    Map<Integer, List<List<Integer>>> recorders() {
        return recorders;
    }

    PolicyOptions options() {
        return options;
    }

    int[] exprsWith(int token) {
        return exprsByToken[token];
    }

    /** Those with {@code *}. */
    int[] exprsOfAny() {
        return exprsOfAny;
    }

    int[] exprsOfDanger() {
        return exprsOfDanger;
    }

    int[] conditionalExprs() {
        return conditionalExprs;
    }

    /** Packet and app rules whose destinations name the token. */
    int[] rulesTo(int token) {
        return rulesByDestination[token];
    }

    int[] rulesToAny() {
        return rulesToAny;
    }

    int[] rulesToInternet() {
        return rulesToInternet;
    }

    int[] viaRulesOf(int tag) {
        return viaRulesByTag[tag];
    }

    boolean hasCompanions() {
        return companions.length > 0;
    }

    /** Positions of all companion rules. */
    IntStream companions() {
        return Arrays.stream(companions);
    }

    int[] selfRules() {
        return selfRules;
    }

    /** All rules with these sources. */
    int[] rulesFrom(int expr) {
        return rulesBySource[expr];
    }

    int[] viaGrantsFrom(int expr) {
        return viaGrantsBySource[expr];
    }

    /** Position of the first packet rule with these sources and protocols, or -1. */
    int firstPackets(int expr, List<Integer> protocols) {
        return firstPackets.getOrDefault(bucket(expr, protocols), -1);
    }

    /** Lists by key, which values join in ascending order. */
    private static final class Index {
        private final int[][] lists;
        private final int[] counts;

        Index(int size) {
            lists = new int[size][];
            Arrays.fill(lists, NONE);
            counts = new int[size];
        }

        /** A value that came last already is not added again. */
        void add(int key, int value) {
            int count = counts[key];
            int[] list = lists[key];
            if (count > 0 && list[count - 1] == value) {
                return;
            }
            if (count == list.length) {
                list = Arrays.copyOf(list, Math.max(4, 2 * count));
                lists[key] = list;
            }
            list[count] = value;
            counts[key] = count + 1;
        }

        int[][] toArrays() {
            for (int key = 0; key < lists.length; key++) {
                if (counts[key] < lists[key].length) {
                    lists[key] = Arrays.copyOf(lists[key], counts[key]);
                }
            }
            return lists;
        }
    }
}
