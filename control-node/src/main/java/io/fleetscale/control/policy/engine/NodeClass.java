package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that the policy cannot tell apart, and what follows from that alone. Immutable to its readers and thread-safe; what is
 * expensive is computed when it is first needed.
 */
final class NodeClass {
    static final int IPV4 = 1;
    static final int IPV6 = 2;

    private final Program program;
    private final int number;
    private final ClassKey key;
    private final Span[] routeSpans;
    private final int[] held;
    private final int[] overlapped;
    private final int[] served;
    private final int[] sourceTokens;
    private final int[] destinationTokens;
    private final boolean selfDestination;
    private final boolean selfSource;
    private final CapabilityMap attributes;
    private final boolean hidesIpv4;
    private volatile int @Nullable [] rules;
    private volatile @Nullable ViewerRoutes viewerRoutes;

    NodeClass(Program program, int number, ClassKey key) {
        this.program = program;
        this.number = number;
        this.key = key;
        this.routeSpans = key.routes().stream().map(Span::of).toArray(Span[]::new);
        this.held = union(key.held4().values(), key.held6().values());
        this.overlapped = Arrays.stream(routeSpans)
                .flatMapToInt(route -> Arrays.stream(program.atomIndex().overlapping(route)))
                .map(Tokens::ofAtom)
                .sorted()
                .distinct()
                .toArray();
        this.served = key.services().stream()
                .flatMapToInt(address -> Arrays.stream(program.atomIndex().holding(address.address())))
                .map(Tokens::ofAtom)
                .sorted()
                .distinct()
                .toArray();
        this.sourceTokens = union(key.identity().values(), union(held, overlapped));
        int[] concerned = union(sourceTokens, served);
        this.destinationTokens = key.exits().isEmpty() ? concerned : union(concerned, program.internetAtoms());
        boolean user = !key.tagged();
        boolean destination = false;
        boolean source = false;
        for (int position : program.selfRules()) {
            SourceExpr expr = program.rule(position).source();
            boolean named = user && (expr.any() || expr.danger() || holdsOne(expr));
            destination |= named;
            source |= named && fulfils(expr);
        }
        this.selfDestination = destination;
        this.selfSource = source;
        this.attributes = Attributes.of(program, this);
        this.hidesIpv4 = program.options().disableIpv4() || attributes.has(Attributes.DISABLE_IPV4);
    }

    private boolean holdsOne(SourceExpr expr) {
        for (int token : expr.tokens()) {
            if (key.identity().has(token)) {
                return true;
            }
        }
        return false;
    }

    private static int[] union(int[] one, int[] other) {
        if (one.length == 0 || other.length == 0) {
            return one.length == 0 ? other : one;
        }
        return IntStream.concat(Arrays.stream(one), Arrays.stream(other))
                .sorted()
                .distinct()
                .toArray();
    }

    int number() {
        return number;
    }

    ClassKey key() {
        return key;
    }

    boolean isExit() {
        return !key.exits().isEmpty();
    }

    /** Whether a rule about a user's own nodes concerns its members: they end at the owner then. */
    boolean isBoundToOwner() {
        return selfDestination;
    }

    /** Whether its members are sources of such a rule. */
    boolean isSelfSource() {
        return selfSource;
    }

    CapabilityMap attributes() {
        return attributes;
    }

    boolean hidesIpv4() {
        return hidesIpv4;
    }

    /** Tokens that hold for the node or for a subnet behind it. */
    int[] sourceTokens() {
        return sourceTokens;
    }

    /** Tokens of destinations that concern the node. */
    int[] destinationTokens() {
        return destinationTokens;
    }

    /** Tokens of the literals that overlap a subnet route. */
    int[] overlapped() {
        return overlapped;
    }

    /** Tokens of the literals that hold the address of a service that its members serve; such a one is never a source. */
    int[] served() {
        return served;
    }

    int[] held() {
        return held;
    }

    /** Whether the own address of this family is among the destinations. */
    boolean isPlace(Selector destination, int family) {
        if ((families() & family) == 0) {
            return false;
        }
        return switch (destination.kind()) {
            case ANY, DANGER_ALL -> true;
            case INTERNET -> false;
            case IDENTITY -> destination.tokens().stream().anyMatch(key.identity()::has);
            case LITERAL -> destination.tokens().stream().anyMatch(heldBy(family)::has);
        };
    }

    private Ints heldBy(int family) {
        return family == IPV4 ? key.held4() : key.held6();
    }

    int families() {
        return (key.hasIpv4() ? IPV4 : 0) | (key.hasIpv6() ? IPV6 : 0);
    }

    boolean overlaps(int atomToken) {
        return Arrays.binarySearch(overlapped, atomToken) >= 0;
    }

    /** Whether a literal overlaps a subnet route or holds the address of a service. */
    boolean leadsTo(int atomToken) {
        return overlaps(atomToken) || Arrays.binarySearch(served, atomToken) >= 0;
    }

    boolean concerns(int token) {
        return Arrays.binarySearch(destinationTokens, token) >= 0;
    }

    /** Whether its members fulfil the condition of a source expression. */
    boolean fulfils(SourceExpr expr) {
        return expr.postures().isEmpty() || expr.postures().stream().anyMatch(key.postures()::has);
    }

    boolean fulfils(List<Integer> postures) {
        return postures.isEmpty() || postures.stream().anyMatch(key.postures()::has);
    }

    /** Whether a member, or a host behind it, is a source. */
    boolean isSource(SourceExpr expr) {
        if (ownAddresses(expr) != 0) {
            return true;
        }
        if (expr.any() || expr.danger()) {
            return !key.routes().isEmpty();
        }
        for (int token : expr.tokens()) {
            if (Tokens.isAtom(token) && overlaps(token)) {
                return true;
            }
        }
        return false;
    }

    /** Which own addresses are among the sources, as family bits. */
    int ownAddresses(SourceExpr expr) {
        if (expr.danger()) {
            return families();
        }
        if (!fulfils(expr)) {
            return 0;
        }
        if (expr.any()) {
            return families();
        }
        int families = 0;
        for (int token : expr.tokens()) {
            if (!Tokens.isAtom(token)) {
                if (key.identity().has(token)) {
                    return families();
                }
            } else {
                families |= (key.held4().has(token) ? IPV4 : 0) | (key.held6().has(token) ? IPV6 : 0);
            }
        }
        return families;
    }

    /** The own addresses that are printed one by one for an expression, as family bits. */
    int printedAddresses(SourceExpr expr) {
        if (expr.danger()) {
            return 0;
        }
        if (expr.isConditional()) {
            return ownAddresses(expr);
        }
        for (int token : expr.tokens()) {
            if (!Tokens.isAtom(token) && key.identity().has(token)) {
                return families();
            }
        }
        return 0;
    }

    /**
     * Positions of the rules in the packet filter of its members, ascending, without those about the owner's own nodes.
     */
    int[] rules() {
        int[] known = rules;
        if (known == null) {
            known = findRules();
            rules = known;
        }
        return known;
    }

    private int[] findRules() {
        IntStream found = Arrays.stream(program.rulesToAny());
        if (isExit()) {
            found = IntStream.concat(found, Arrays.stream(program.rulesToInternet()));
        }
        for (int token : destinationTokens) {
            found = IntStream.concat(found, Arrays.stream(program.rulesTo(token)));
        }
        for (int token : key.identity().values()) {
            found = IntStream.concat(found, Arrays.stream(program.viaRulesOf(token)));
        }
        IntStream companions = program.hasCompanions() ? companions() : IntStream.empty();
        return IntStream.concat(found, companions)
                .sorted()
                .distinct()
                .filter(position -> isConcernedBy(program.rule(position)))
                .toArray();
    }

    private IntStream companions() {
        return program.companions().filter(position -> {
            Rule.Companion companion = (Rule.Companion) program.rule(position);
            return ownAddresses(companion.places()) != 0;
        });
    }

    private boolean isConcernedBy(Rule rule) {
        return switch (rule) {
            case Rule.Packets packets -> true;
            case Rule.App app ->
                app.destinations().stream().anyMatch(to -> isPlace(to, IPV4) || isPlace(to, IPV6) || routesPlace(to));
            case Rule.Via via -> via.parts().stream().anyMatch(part -> isRouted(part.destination()));
            case Rule.Companion companion -> true;
            case Rule.SelfPackets self -> false;
            case Rule.SelfApp self -> false;
            case Rule.SelfCompanion self -> false;
        };
    }

    private boolean routesPlace(Selector destination) {
        return destination.kind() == Selector.Kind.LITERAL
                && destination.tokens().stream().anyMatch(this::leadsTo);
    }

    /** Whether a destination of a via grant lies behind the node. Source: policy 3.9. */
    boolean isRouted(Selector destination) {
        return switch (destination.kind()) {
            case LITERAL -> destination.tokens().stream().anyMatch(this::overlaps);
            case INTERNET -> isExit();
            case ANY, DANGER_ALL, IDENTITY -> false;
        };
    }

    /** Whether a via grant leads its sources to the node. Source: policy 4.1. */
    boolean isReachedThrough(ViaGrant grant) {
        return carries(grant)
                && (grant.internet() && isExit() || grant.atoms().stream().anyMatch(this::overlaps));
    }

    boolean carries(ViaGrant grant) {
        return grant.tags().stream().anyMatch(key.identity()::has);
    }

    List<IpPrefix> routes() {
        return key.routes();
    }

    /** Addresses of the services that its members serve. */
    List<IpPrefix> services() {
        return key.services();
    }

    Span routeSpan(int index) {
        return routeSpans[index];
    }

    /** What its members are as viewers of routes. */
    ViewerRoutes viewerRoutes() {
        ViewerRoutes known = viewerRoutes;
        if (known == null) {
            known = new ViewerRoutes(program, this);
            viewerRoutes = known;
        }
        return known;
    }
}
