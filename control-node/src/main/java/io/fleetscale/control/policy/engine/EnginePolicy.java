package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.FilterTemplate;
import io.fleetscale.control.policy.PacketFilter;
import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.policy.SshCheck;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A program applied to an image. */
final class EnginePolicy implements CompiledPolicy {
    private static final CapabilityMap EXIT_NODE = CapabilityMap.of(Map.of("suggest-exit-node", List.of()));

    private final PolicyCompiler compiler;
    private final PolicyTables tables;

    EnginePolicy(PolicyCompiler compiler, PolicyTables tables) {
        this.compiler = compiler;
        this.tables = tables;
    }

    PolicyTables tables() {
        return tables;
    }

    private ClassTable table() {
        return tables.shared().table();
    }

    @Override
    public ClassId classOf(Node node) {
        return tables.shared().numbering().idOf(stateOf(node).key());
    }

    private NodeState stateOf(Node node) {
        NodeState state = tables.nodes().get(node.id().value());
        if (state == null) {
            throw new IllegalArgumentException("node " + node.id() + " is not in the image of this policy");
        }
        return state;
    }

    @Override
    public Collection<NodeId> membersOf(ClassId id) {
        Numbering.Key key = tables.shared().numbering().keyOf(id);
        List<NodeId> members = new ArrayList<>();
        if (key != null) {
            forEachMember(key, node -> members.add(node.node().id()));
        }
        return members;
    }

    private void forEachMember(Numbering.Key key, Consumer<NodeState> action) {
        if (key.owner() == 0) {
            forEachMember(key.classNumber(), action);
            return;
        }
        UserState user = tables.users().get(key.owner());
        if (user != null) {
            user.nodes().forEach(id -> {
                NodeState node = tables.nodes().get(id);
                if (node != null && node.nodeClass().number() == key.classNumber()) {
                    action.accept(node);
                }
            });
        }
    }

    void forEachMember(int classNumber, Consumer<NodeState> action) {
        if (classNumber < tables.classes().length) {
            tables.classes()[classNumber].members().forEach(id -> {
                NodeState node = tables.nodes().get(id);
                if (node != null) {
                    action.accept(node);
                }
            });
        }
    }

    NodeClass classAt(int number) {
        return table().get(number);
    }

    /** Classes that one of the identity tokens holds for, as bits. */
    long[] holdersOf(List<Integer> tokens) {
        long[] found = Bits.upTo(tables.classes().length);
        table().orHolders(tokens, found);
        return found;
    }

    @Override
    public Set<ClassId> viewersOf(ClassId subject) {
        Numbering.Key key = tables.shared().numbering().keyOf(subject);
        return key == null
                ? Set.of()
                : new ClassIds(each -> forEachViewer(key, each), other -> {
                    Numbering.Key seen = tables.shared().numbering().keyOf(other);
                    return seen != null && sees(key, seen) && hasMembers(seen);
                });
    }

    @Override
    public int kindOf(ClassId id) {
        Numbering.Key key = tables.shared().numbering().keyOf(id);
        if (key == null) {
            throw new IllegalArgumentException("class " + id + " is none of this policy");
        }
        return key.classNumber();
    }

    @Override
    public BitSet kindsSeenBy(int kind) {
        BitSet seen = new BitSet();
        table().forEachSeen(kind, tables.classes().length, seen::set);
        return seen;
    }

    void forEachViewer(Numbering.Key key, Consumer<ClassId> each) {
        table().forEachSeen(key.classNumber(), tables.classes().length, number -> idsOf(number, each));
        forEachOwnViewer(key, each);
    }

    /** The viewers that rules about a user's own nodes add to those of its kind. */
    void forEachOwnViewer(Numbering.Key key, Consumer<ClassId> each) {
        UserState user = key.owner() == 0 ? null : tables.users().get(key.owner());
        if (user != null) {
            TreeSet<Integer> own = new TreeSet<>();
            user.nodes().forEach(id -> {
                NodeState node = tables.nodes().get(id);
                if (node != null) {
                    own.add(node.nodeClass().number());
                }
            });
            for (int number : own) {
                Numbering.Key other = new Numbering.Key(number, key.owner());
                if (!table().sees(key.classNumber(), number) && sees(key, other)) {
                    each.accept(tables.shared().numbering().idOf(other));
                }
            }
        }
    }

    /** The classes of a number that have members. */
    void idsOf(int number, Consumer<ClassId> each) {
        ClassState state = tables.classes()[number];
        if (state.members().isEmpty()) {
            return;
        }
        Numbering numbering = tables.shared().numbering();
        if (table().get(number).isBoundToOwner()) {
            state.owners().keySet().forEach(owner -> each.accept(numbering.idOf(new Numbering.Key(number, owner))));
        } else {
            each.accept(numbering.idOf(new Numbering.Key(number, 0)));
        }
    }

    private boolean hasMembers(Numbering.Key key) {
        if (key.classNumber() >= tables.classes().length) {
            return false;
        }
        ClassState state = tables.classes()[key.classNumber()];
        return key.owner() == 0 ? !state.members().isEmpty() : state.owners().containsKey(key.owner());
    }

    @Override
    public boolean sees(ClassId viewer, ClassId subject) {
        Numbering.Key one = tables.shared().numbering().keyOf(viewer);
        Numbering.Key other = tables.shared().numbering().keyOf(subject);
        return one != null && other != null && sees(one, other) && hasMembers(one) && hasMembers(other);
    }

    private boolean sees(Numbering.Key one, Numbering.Key other) {
        return table().sees(one.classNumber(), other.classNumber())
                || one.owner() != 0
                        && one.owner() == other.owner()
                        && (classAt(one.classNumber()).isSelfSource()
                                || classAt(other.classNumber()).isSelfSource());
    }

    private @Nullable NodeClass classOf(ClassId id) {
        Numbering.Key key = tables.shared().numbering().keyOf(id);
        return key == null ? null : classAt(key.classNumber());
    }

    @Override
    public List<IpAddress> addressesOf(ClassId viewer, Node peer) {
        NodeClass from = classOf(viewer);
        boolean hidden = from != null && from.hidesIpv4();
        return addresses(peer, hidden || stateOf(peer).nodeClass().hidesIpv4());
    }

    @Override
    public List<IpAddress> ownAddresses(Node node) {
        return addresses(node, stateOf(node).nodeClass().hidesIpv4());
    }

    private static List<IpAddress> addresses(Node node, boolean hidesIpv4) {
        IpAddress six = node.ipv6();
        return !hidesIpv4 ? node.addresses() : six == null ? List.of() : List.of(six);
    }

    @Override
    public PeerRoutes routesOf(ClassId viewer, Node peer) {
        NodeClass from = classOf(viewer);
        NodeState to = stateOf(peer);
        NodeClass toClass = to.nodeClass();
        boolean leadsAnywhere = !toClass.routes().isEmpty()
                || toClass.isExit()
                || !toClass.services().isEmpty();
        if (from == null || !leadsAnywhere) {
            return PeerRoutes.NONE;
        }
        ClassTable.RouteAccess access = table().access(from, toClass);
        List<IpPrefix> primary = new ArrayList<>();
        Bits.forEach(access.routes(), index -> {
            if (isServedBy(from, toClass, index, to)) {
                primary.add(toClass.routes().get(index));
            }
        });
        List<IpPrefix> others = new ArrayList<>(access.exit() ? toClass.key().exits() : List.of());
        Bits.forEach(access.services(), index -> {
            IpPrefix address = toClass.services().get(index);
            if (to.node().id().equals(tables.image().primaries().get(address))) {
                others.add(address);
            }
        });
        return PeerRoutes.of(
                primary,
                others.isEmpty()
                        ? primary
                        : Stream.concat(primary.stream(), others.stream())
                                .sorted()
                                .toList());
    }

    /** Whether the viewer uses this router for the route. Source: policy 4.3. */
    private boolean isServedBy(NodeClass viewer, NodeClass routerClass, int index, NodeState router) {
        IpPrefix route = routerClass.routes().get(index);
        List<ViaGrant> steering = viewer.viewerRoutes().steeringFor(routerClass.routeSpan(index));
        if (steering.isEmpty()) {
            return router.node().id().equals(tables.image().primaries().get(route));
        }
        PolicyEnvironment environment = tables.shared().environment();
        NodeId doubtful = null;
        for (NodeState candidate : tables.routers().getOrDefault(route, List.of())) {
            if (steering.stream().anyMatch(grant -> candidate.nodeClass().carries(grant))) {
                NodeId id = candidate.node().id();
                switch (environment.routerState(tables.image(), id)) {
                    case SERVING -> {
                        return id.equals(router.node().id());
                    }
                    case DOUBTFUL -> doubtful = doubtful == null ? id : doubtful;
                    case AWAY, UNKNOWN -> {}
                }
            }
        }
        return router.node().id().equals(doubtful);
    }

    @Override
    public CapabilityMap peerCapabilities(ClassId viewer, Node peer) {
        NodeClass from = classOf(viewer);
        NodeClass to = stateOf(peer).nodeClass();
        return from != null && to.isExit() && table().access(from, to).exit() ? EXIT_NODE : CapabilityMap.EMPTY;
    }

    @Override
    public PeerRoutes ownRoutes(Node node) {
        NodeClass own = stateOf(node).nodeClass();
        List<IpPrefix> primary = tables.primaries().get(node.id().value());
        return PeerRoutes.of(
                primary == null
                        ? List.of()
                        : primary.stream()
                                .filter(route -> !own.services().contains(route))
                                .toList(),
                Stream.of(own.routes(), own.key().exits(), own.services())
                        .flatMap(List::stream)
                        .sorted()
                        .toList());
    }

    @Override
    public CapabilityMap ownCapabilities(Node node) {
        return Attributes.ofNode(tables, stateOf(node), node);
    }

    @Override
    public List<VipService> servicesOf(Node node) {
        NodeClass own = stateOf(node).nodeClass();
        return tables.shared().program().services().stream()
                .filter(service -> service.isOpenTo(own))
                .map(ReachableService::service)
                .toList();
    }

    @Override
    public String derpMap() {
        return tables.shared().program().options().derpMap();
    }

    @Override
    public PacketFilter filterOf(Node node) {
        return new PacketFilter(templateOf(stateOf(node)), node);
    }

    FilterTemplate templateOf(NodeState node) {
        return templateOf(node.key());
    }

    FilterTemplate templateOf(Numbering.Key key) {
        long classStamp = tables.filterStamps()[key.classNumber()];
        UserState owner = key.owner() == 0 ? null : tables.users().get(key.owner());
        long ownerStamp = owner == null ? 0 : owner.stamp();
        long mergeStamp = owner == null ? 0 : tables.mergeStamp();
        TemplateCache.Entry known = tables.shared().templates().get(key);
        if (known != null
                && known.classStamp() == classStamp
                && known.ownerStamp() == ownerStamp
                && known.mergeStamp() == mergeStamp) {
            return known.template();
        }
        FilterTemplate made = new TemplateBuilder(tables, classAt(key.classNumber()), owner).build();
        tables.shared().templates().put(key, new TemplateCache.Entry(classStamp, ownerStamp, mergeStamp, made));
        return made;
    }

    @Override
    public SshPolicy sshOf(Node node) {
        NodeState state = stateOf(node);
        NodeClass own = state.nodeClass();
        List<SshPolicy.Rule> checks = new ArrayList<>();
        List<SshPolicy.Rule> accepts = new ArrayList<>();
        for (SshSources sources : tables.ssh()) {
            SshEntry entry = sources.entry();
            boolean isSource = holdsOne(own, entry.sources()) && own.fulfils(entry.postures());
            boolean isDestination = holdsOne(own, entry.destinations());
            boolean echoes = isSource && !entry.localDomains().isEmpty();
            if (!isDestination && !(entry.self() && state.owner() != 0) && !echoes) {
                continue;
            }
            SshSources.Rules rules = sources.rules(this);
            List<SshPolicy.Rule> target = entry.check() ? checks : accepts;
            List<SshPolicy.Rule> ofOwner = rules.byUser().getOrDefault(state.owner(), List.of());
            boolean self = entry.self() && state.owner() != 0 && !ofOwner.isEmpty();
            if (self) {
                target.addAll(ofOwner);
            }
            if (isDestination) {
                target.addAll(rules.toDestinations());
            }
            if (!self && !isDestination && echoes) {
                target.addAll(state.owner() != 0 ? ofOwner : List.of(sources.echo(state, rules.action())));
            }
        }
        checks.addAll(accepts);
        return checks.isEmpty() ? SshPolicy.NONE : new SshPolicy(checks);
    }

    @Override
    public Optional<SshCheck> sshCheckOf(Node source, Node destination) {
        NodeState from = stateOf(source);
        NodeState to = stateOf(destination);
        for (SshSources sources : tables.ssh()) {
            SshEntry entry = sources.entry();
            boolean self = entry.self() && to.owner() != 0 && to.owner() == from.owner();
            if (entry.check()
                    && holdsOne(from.nodeClass(), entry.sources())
                    && from.nodeClass().fulfils(entry.postures())
                    && (self || holdsOne(to.nodeClass(), entry.destinations()))) {
                SshPolicy.Action held = sources.rules(this).action();
                return Optional.of(new SshCheck(
                        entry.checkPeriod(),
                        SshPolicy.Action.ACCEPT.withRecorders(held.recorders(), held.onRecordingFailure())));
            }
        }
        return Optional.empty();
    }

    private static boolean holdsOne(NodeClass members, List<Integer> tokens) {
        for (int token : tokens) {
            if (members.key().identity().has(token)) {
                return true;
            }
        }
        return false;
    }

    String checkUrl() {
        return tables.shared().environment().serverUrl()
                + "/machine/ssh/action/$SRC_NODE_ID/to/$DST_NODE_ID?local_user=$LOCAL_USER";
    }

    String loginOf(long user) {
        UserState known = tables.users().get(user);
        return known == null ? "" : known.login();
    }

    /** Whether this policy has the list at that place. */
    @SuppressWarnings("ReferenceEquality") // the question is about the object
    boolean holds(SourceList list, int expr, int bucket) {
        SourceList[] lists = tables.sources()[expr].lists();
        return bucket < lists.length && lists[bucket] == list;
    }

    /** The texts of a bucket of a source expression, sorted, unique. */
    String[] print(int expr, int bucket) {
        int buckets = tables.sources()[expr].lists().length;
        SourceExpr sources = tables.shared().program().expr(expr);
        // What the policy writes itself stands in the first bucket, even if it is the address of a node of another.
        Set<String> written = SourceTexts.of(
                tables.shared().program(), sources, tables.routers().keySet());
        TreeSet<String> texts = new TreeSet<>(bucket == 0 ? written : Set.of());
        table().forEachPrinted(sources, tables.classes().length, number -> {
            int families = classAt(number).printedAddresses(sources);
            forEachMember(number, node -> {
                if (buckets == 1 || SourceSet.bucketOf(node.node().id().value(), buckets) == bucket) {
                    add(node, families & NodeClass.IPV4, texts);
                    add(node, families & NodeClass.IPV6, texts);
                }
            });
        });
        if (bucket != 0) {
            texts.removeAll(written);
        }
        return texts.toArray(String[]::new);
    }

    private static void add(NodeState node, int family, Set<String> texts) {
        String text = family == 0 ? null : node.text(family);
        if (text != null) {
            texts.add(text);
        }
    }

    @Override
    public Advance advance(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        return compiler.advance(this, delta, after);
    }
}
