package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.ip.IpPrefix;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** What decides about the routes that a viewer of one class gets from its peers. Immutable. Source: policy 4.2, 4.3. */
final class ViewerRoutes {
    private final Program program;
    private final NodeClass viewer;
    private final List<ViaGrant> steering;
    private final boolean steeredToInternet;
    private final boolean plainToAny;
    private final int[] plainAtoms;
    private final boolean returnsAll;
    private final int[] returnAtoms;

    ViewerRoutes(Program program, NodeClass viewer) {
        this.program = program;
        this.viewer = viewer;
        this.steering = program.viaGrants().stream()
                .filter(grant -> viewer.isSource(grant.source()))
                .toList();
        this.steeredToInternet = steering.stream().anyMatch(ViaGrant::internet);
        TreeSet<Integer> plain = new TreeSet<>();
        boolean any = false;
        if (!steering.isEmpty()) {
            for (SourceExpr expr : program.exprs()) {
                if (viewer.isSource(expr)) {
                    any |= addPlain(expr, plain);
                }
            }
        }
        this.plainToAny = any;
        this.plainAtoms = array(plain);
        TreeSet<Integer> back = new TreeSet<>();
        boolean all = false;
        for (int position : viewer.rules()) {
            SourceExpr expr = program.rule(position).source();
            all |= expr.any() || expr.danger();
            expr.tokens().stream().filter(Tokens::isAtom).forEach(back::add);
        }
        this.returnsAll = all;
        this.returnAtoms = all ? new int[0] : array(back);
    }

    private boolean addPlain(SourceExpr expr, Set<Integer> atoms) {
        boolean any = false;
        for (int position : program.rulesFrom(expr.id())) {
            List<Selector> destinations = switch (program.rule(position)) {
                case Rule.Packets packets ->
                    packets.parts().stream().map(Rule.Part::destination).toList();
                case Rule.App app -> app.destinations();
                case Rule.Via via -> List.of();
                case Rule.Companion companion -> List.of();
                case Rule.SelfPackets self -> List.of();
                case Rule.SelfApp self -> List.of();
                case Rule.SelfCompanion self -> List.of();
            };
            for (Selector destination : destinations) {
                any |= destination.kind() == Selector.Kind.ANY;
                destination.tokens().stream().filter(Tokens::isAtom).forEach(atoms::add);
            }
        }
        return any;
    }

    private static int[] array(Set<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }

    private boolean oneOverlaps(int[] atoms, Span route) {
        return Arrays.stream(atoms).anyMatch(token -> program.atom(token).span().overlaps(route));
    }

    private boolean leadsTo(ViaGrant grant, Span route) {
        return grant.atoms().stream()
                .anyMatch(token -> program.atom(token).span().overlaps(route));
    }

    /** The grants that pick the router of this route for the viewer; none: the elected one. */
    List<ViaGrant> steeringFor(Span route) {
        if (steering.isEmpty()) {
            return List.of();
        }
        List<ViaGrant> picked =
                steering.stream().filter(grant -> leadsTo(grant, route)).toList();
        return picked.isEmpty() || plainToAny || oneOverlaps(plainAtoms, route) ? List.of() : picked;
    }

    /** Which of the peer's subnet routes the policy opens to the viewer, by place in {@code peer.routes()}. */
    long[] accessTo(NodeClass peer) {
        int count = peer.routes().size();
        long[] open = Bits.upTo(count);
        IntStream.range(0, count).filter(i -> hasAccess(peer, i)).forEach(i -> Bits.set(open, i));
        return open;
    }

    /**
     * Which addresses of services of the peer the policy opens to the viewer, by place in {@code peer.services()}. A service
     * never sends first, and who serves it needs nobody else for it.
     */
    long[] servicesAt(NodeClass peer) {
        int count = peer.services().size();
        long[] open = Bits.upTo(count);
        for (int i = 0; i < count; i++) {
            IpPrefix address = peer.services().get(i);
            Span span = Span.of(address);
            if (!viewer.services().contains(address)
                    && Arrays.stream(peer.rules())
                            .mapToObj(program::rule)
                            .anyMatch(rule -> leadsToService(rule, peer, span) && viewer.isSource(rule.source()))) {
                Bits.set(open, i);
            }
        }
        return open;
    }

    private boolean leadsToService(Rule rule, NodeClass peer, Span address) {
        return switch (rule) {
            case Rule.Packets packets -> reaches(packets, peer, address);
            // what a subnet of the router brings into its packet filter may hold the address too
            case Rule.Via via ->
                via.parts().stream()
                        .filter(part -> part.destination().kind() == Selector.Kind.LITERAL)
                        .flatMap(part -> part.destination().tokens().stream())
                        .anyMatch(token -> peer.overlaps(token)
                                && program.atom(token).span().overlaps(address));
            case Rule.App app -> false;
            case Rule.Companion companion -> false;
            case Rule.SelfPackets self -> false;
            case Rule.SelfApp self -> false;
            case Rule.SelfCompanion self -> false;
        };
    }

    private boolean hasAccess(NodeClass peer, int index) {
        Span route = peer.routeSpan(index);
        return returnsAll
                || viewer.routes().contains(peer.routes().get(index))
                || oneOverlaps(returnAtoms, route)
                || steering.stream().anyMatch(grant -> peer.carries(grant) && leadsTo(grant, route))
                || Arrays.stream(peer.rules())
                        .mapToObj(program::rule)
                        .anyMatch(rule -> reaches(rule, peer, route) && viewer.isSource(rule.source()));
    }

    private boolean reaches(Rule rule, NodeClass peer, Span route) {
        return switch (rule) {
            case Rule.Packets packets ->
                packets.parts().stream().anyMatch(part -> isTowards(part.destination(), peer, route));
            case Rule.Via via ->
                via.parts().stream()
                        .anyMatch(part ->
                                peer.isRouted(part.destination()) && isTowards(part.destination(), peer, route));
            case Rule.App app -> false;
            case Rule.Companion companion -> false;
            case Rule.SelfPackets self -> false;
            case Rule.SelfApp self -> false;
            case Rule.SelfCompanion self -> false;
        };
    }

    private boolean isTowards(Selector destination, NodeClass peer, Span route) {
        return switch (destination.kind()) {
            case ANY, DANGER_ALL -> true;
            case INTERNET -> peer.isExit() && Program.INTERNET_SPANS.stream().anyMatch(route::overlaps);
            case IDENTITY -> false;
            case LITERAL ->
                destination.tokens().stream()
                        .anyMatch(token -> program.atom(token).span().overlaps(route));
        };
    }

    /** Whether the viewer gets the default routes of the peer. Source: policy 4.2, 4.3. */
    boolean mayExitThrough(NodeClass peer) {
        if (!peer.isExit()) {
            return false;
        }
        if (steeredToInternet && steering.stream().noneMatch(grant -> grant.internet() && peer.carries(grant))) {
            return false;
        }
        return Arrays.stream(peer.rules()).mapToObj(program::rule).anyMatch(rule -> {
            List<Rule.Part> parts = switch (rule) {
                case Rule.Packets packets -> packets.parts();
                case Rule.Via via -> via.parts();
                case Rule.App app -> List.of();
                case Rule.Companion companion -> List.of();
                case Rule.SelfPackets self -> List.of();
                case Rule.SelfApp self -> List.of();
                case Rule.SelfCompanion self -> List.of();
            };
            boolean out = parts.stream().anyMatch(part -> switch (part.destination()
                    .kind()) {
                case ANY -> !(rule instanceof Rule.Via);
                case INTERNET -> true;
                case LITERAL ->
                    part.destination().tokens().stream()
                            .anyMatch(token -> Program.INTERNET.contains(
                                            program.atom(token).text())
                                    && (!(rule instanceof Rule.Via) || peer.overlaps(token)));
                case DANGER_ALL, IDENTITY -> false;
            });
            return out && viewer.isSource(rule.source());
        });
    }
}
