package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

/**
 * The next tables while they are made, of nothing or of the ones before. Whom a change concerns is noted on the way. Confined to
 * one thread. Source: policy 11.10.
 */
final class Draft {
    private static final Comparator<NodeState> FIRST_CREATED = Comparator.comparing(
                    (NodeState state) -> state.node().createdAt())
            .thenComparing(state -> state.node().id());
    private static final ClassState[] NO_CLASSES = {};

    private final PolicyTables.Shared shared;
    private final Program program;
    private final ClassTable table;
    private final TailnetImage image;
    private final @Nullable EnginePolicy before;
    private final long stamp;
    private final SourceDraft sources;

    private LongTable<NodeState> nodes = LongTable.empty();
    private LongTable<UserState> users = LongTable.empty();
    private ClassState[] classes = NO_CLASSES;
    private long[] filterStamps = {};
    private final SshDraft ssh;
    private TreePMap<IpPrefix, List<NodeState>> routers = TreePMap.empty();
    private LongTable<List<IpPrefix>> primaries = LongTable.empty();

    /** Nodes that came into a class, or went, or have other addresses. */
    private final List<NodeState> came = new ArrayList<>();

    private final List<NodeState> went = new ArrayList<>();
    private final Set<Long> touchedUsers = new HashSet<>();
    private final Set<IpPrefix> touchedRoutes = new HashSet<>();
    private final Set<NodeId> moved = new LinkedHashSet<>();
    private final Set<NodeId> peers = new LinkedHashSet<>();
    private final Set<NodeId> own = new LinkedHashSet<>();

    private Draft(PolicyTables.Shared shared, TailnetImage image, @Nullable EnginePolicy before) {
        this.shared = shared;
        this.program = shared.program();
        this.table = shared.table();
        this.image = image;
        this.before = before;
        if (before == null) {
            this.stamp = 1;
            this.sources = new SourceDraft(shared);
            this.ssh = new SshDraft(program);
        } else {
            PolicyTables old = before.tables();
            this.stamp = old.stamp() + 1;
            this.nodes = old.nodes();
            this.users = old.users();
            this.classes = old.classes().clone();
            this.filterStamps = old.filterStamps();
            this.sources = new SourceDraft(shared, old, stamp);
            this.ssh = new SshDraft(old.ssh());
            this.routers = old.routers();
            this.primaries = old.primaries();
        }
    }

    /** All tables from an image alone. */
    static PolicyTables compile(PolicyTables.Shared shared, TailnetImage image) {
        Draft draft = new Draft(shared, image, null);
        Map<List<String>, Ints> byTags = new HashMap<>();
        for (User user : image.users().values()) {
            draft.users = draft.users.plus(
                    user.id().value(), new UserState(user, draft.identityOf(user), Owners.login(user), IdSet.EMPTY, 1));
        }
        InitialMembers members = new InitialMembers();
        for (Node node : image.nodes().values()) {
            draft.load(node, byTags, members);
        }
        draft.finishLoad(members);
        return draft.tables();
    }

    /** The tables after a delta that leaves the program as it is, and whom it concerns. */
    static Result advance(EnginePolicy before, TailnetDelta delta, TailnetImage after) {
        Draft draft = new Draft(before.tables().shared(), after, before);
        draft.take(delta);
        return draft.result();
    }

    /** Whom a change concerns. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Touched(
            Set<NodeId> moved, Set<NodeId> peers, Set<NodeId> own, long[] filtered, long[] toSsh, Set<Long> users) {
        PolicyEffect effect(EnginePolicy policy) {
            return new EffectView(policy).of(moved, peers, own, filtered, toSsh, users);
        }
    }

    record Result(PolicyTables tables, Touched touched) {}

    private Ints identityOf(@Nullable User user) {
        return new Ints(program.principals().of(Owners.of(user)));
    }

    // From nothing: everything is put together once, in order.

    private void load(Node node, Map<List<String>, Ints> byTags, InitialMembers members) {
        NodeState state = stateOf(node, byTags);
        nodes = nodes.plus(node.id().value(), state);
        members.add(state);
        for (IpPrefix route : state.nodeClass().routes()) {
            routers = routers.plus(route, with(routers.getOrDefault(route, List.of()), state));
        }
    }

    private void finishLoad(InitialMembers members) {
        classes = members.classes(table.size());
        members.owned().forEach((user, ids) -> users = users.plus(user, withNodes(userState(user), ids)));
        filterStamps = new long[classes.length];
        Arrays.fill(filterStamps, stamp);
        sources.makeAll(classes, nodes, routers.keySet());
        Map<NodeId, TreeSet<IpPrefix>> elected = new HashMap<>();
        image.primaries()
                .forEach((route, node) ->
                        elected.computeIfAbsent(node, absent -> new TreeSet<>()).add(route));
        elected.forEach((node, routes) -> primaries = primaries.plus(node.value(), List.copyOf(routes)));
    }

    private static List<NodeState> with(List<NodeState> states, NodeState state) {
        List<NodeState> next = new ArrayList<>(states);
        next.add(state);
        next.sort(FIRST_CREATED);
        return List.copyOf(next);
    }

    private static List<NodeState> without(List<NodeState> states, NodeId id) {
        return states.stream().filter(state -> !state.node().id().equals(id)).toList();
    }

    private UserState userState(long user) {
        UserState known = users.get(user);
        return known == null ? new UserState(null, identityOf(null), "", IdSet.EMPTY, stamp) : known;
    }

    private UserState withNodes(UserState state, IdSet set) {
        return new UserState(state.user(), state.identity(), state.login(), set, stamp);
    }

    private NodeState stateOf(Node node, Map<List<String>, Ints> byTags) {
        UserId user = node.userId();
        long owner = node.isTagged() || user == null ? 0 : user.value();
        Ints identity;
        if (node.isTagged()) {
            identity = byTags.computeIfAbsent(
                    node.tags(), tags -> new Ints(program.principals().ofTags(tags)));
        } else {
            identity = userState(owner).identity();
        }
        NodeClass nodeClass = table.classOf(Classifier.keyOf(program, image, node, identity));
        return new NodeState(node, nodeClass, owner);
    }

    // From the tables before.

    private void take(TailnetDelta delta) {
        Set<NodeId> changed = new LinkedHashSet<>();
        Set<UserId> changedUsers = new LinkedHashSet<>();
        Set<IpPrefix> elections = new LinkedHashSet<>();
        for (Change change : delta.changes()) {
            switch (change) {
                case Change.NodePut(Node node) -> changed.add(node.id());
                case Change.NodeRemoved(NodeId id) -> changed.add(id);
                case Change.UserPut(User user) -> changedUsers.add(user.id());
                case Change.UserRemoved(UserId id) -> changedUsers.add(id);
                case Change.PrimaryPut put -> elections.add(put.route());
                case Change.PrimaryRemoved removed -> elections.add(removed.route());
                default -> {}
            }
        }
        changedUsers.forEach(user -> takeUser(user, changed));
        changed.forEach(this::takeNode);
        elections.forEach(this::takeElection);
    }

    private void takeUser(UserId id, Set<NodeId> changed) {
        UserState old = userState(id.value());
        User user = image.user(id);
        Ints identity = identityOf(user);
        String login = user == null ? "" : Owners.login(user);
        boolean same = identity.equals(old.identity()) && login.equals(old.login());
        users = users.plus(id.value(), new UserState(user, identity, login, old.nodes(), same ? old.stamp() : stamp));
        if (!same) {
            touchedUsers.add(id.value());
        }
        old.nodes().forEach(node -> {
            own.add(new NodeId(node));
            if (!identity.equals(old.identity())) {
                changed.add(new NodeId(node));
            }
        });
    }

    private void takeNode(NodeId id) {
        NodeState old = nodes.get(id.value());
        Node node = image.node(id);
        if (node == null) {
            if (old != null) {
                remove(old);
                nodes = nodes.minus(id.value());
            }
            return;
        }
        NodeState next = stateOf(node, new HashMap<>());
        nodes = nodes.plus(id.value(), next);
        boolean same = old != null
                && old.nodeClass() == next.nodeClass()
                && old.owner() == next.owner()
                && old.node().addresses().equals(node.addresses());
        if (same && old != null) {
            if (old.node().routerState() != node.routerState() || old.node().expired() != node.expired()) {
                touchedRoutes.addAll(next.nodeClass().routes());
            }
            if (!old.node().tags().equals(node.tags()) || !old.node().host().equals(node.host())) {
                ssh.touch(next);
                own.add(id);
            }
            next.nodeClass()
                    .routes()
                    .forEach(route -> routers =
                            routers.plus(route, with(without(routers.getOrDefault(route, List.of()), id), next)));
            return;
        }
        if (old != null) {
            remove(old);
            if (!old.key().equals(next.key())) {
                moved.add(id);
            }
        }
        add(next);
    }

    private void remove(NodeState node) {
        went.add(node);
        int number = node.nodeClass().number();
        classes[number] = classes[number].minus(node);
        long id = node.node().id().value();
        if (node.owner() != 0) {
            UserState user = userState(node.owner());
            users = users.plus(node.owner(), withNodes(user, user.nodes().minus(id)));
            touchedUsers.add(node.owner());
        }
        for (IpPrefix route : node.nodeClass().routes()) {
            List<NodeState> rest =
                    without(routers.getOrDefault(route, List.of()), node.node().id());
            routers = rest.isEmpty() ? routers.minus(route) : routers.plus(route, rest);
            touchedRoutes.add(route);
        }
    }

    private void add(NodeState node) {
        came.add(node);
        int number = node.nodeClass().number();
        if (number >= classes.length) {
            int size = classes.length;
            classes = Arrays.copyOf(classes, number + 1);
            Arrays.fill(classes, size, classes.length, ClassState.EMPTY);
        }
        classes[number] = classes[number].plus(node);
        long id = node.node().id().value();
        if (node.owner() != 0) {
            UserState user = userState(node.owner());
            users = users.plus(node.owner(), withNodes(user, user.nodes().plus(id)));
            touchedUsers.add(node.owner());
        }
        for (IpPrefix route : node.nodeClass().routes()) {
            routers = routers.plus(route, with(routers.getOrDefault(route, List.of()), node));
            touchedRoutes.add(route);
        }
    }

    private void takeElection(IpPrefix route) {
        NodeId was = before == null ? null : before.tables().image().primaries().get(route);
        NodeId now = image.primaries().get(route);
        if (was != null && !was.equals(now)) {
            setPrimary(was, route, false);
        }
        if (now != null && !now.equals(was)) {
            setPrimary(now, route, true);
        }
    }

    private void setPrimary(NodeId node, IpPrefix route, boolean elected) {
        List<IpPrefix> known = primaries.get(node.value());
        TreeSet<IpPrefix> routes = new TreeSet<>(known == null ? List.of() : known);
        if (elected) {
            routes.add(route);
        } else {
            routes.remove(route);
        }
        primaries =
                routes.isEmpty() ? primaries.minus(node.value()) : primaries.plus(node.value(), List.copyOf(routes));
        peers.add(node);
        own.add(node);
    }

    private Result result() {
        boolean newClasses = table.size() > filterStamps.length;
        if (newClasses) {
            int size = filterStamps.length;
            filterStamps = Arrays.copyOf(filterStamps, table.size());
            Arrays.fill(filterStamps, size, filterStamps.length, stamp);
            int known = classes.length;
            classes = Arrays.copyOf(classes, table.size());
            Arrays.fill(classes, known, classes.length, ClassState.EMPTY);
        }
        long[] filtered = Bits.upTo(classes.length);
        EnginePolicy old = before;
        if (old != null) {
            boolean otherRoutes = touchedRoutes.stream()
                    .anyMatch(route ->
                            routers.containsKey(route) != old.tables().routers().containsKey(route));
            sources.update(old, came, went, otherRoutes, classes, nodes, routers.keySet(), filtered);
        }
        if (old != null && !program.recorders().isEmpty()) {
            tellOfRecorders(filtered);
        }
        came.forEach(ssh::touch);
        went.forEach(ssh::touch);
        ssh.touchLogins(touchedUsers, user -> userState(user).identity());
        long[] toSsh = Bits.upTo(classes.length);
        ssh.replaced().forEach(entry -> {
            table.orHolders(entry.destinations(), toSsh);
            if (entry.self() || !entry.localDomains().isEmpty()) {
                touchedUsers.forEach(user -> userState(user).nodes().forEach(node -> own.add(new NodeId(node))));
            }
        });
        if (Bits.count(filtered) > 0) {
            long[] stamps = before != null && filterStamps == before.tables().filterStamps()
                    ? filterStamps.clone()
                    : filterStamps;
            Bits.forEach(filtered, number -> {
                if (number < stamps.length) {
                    stamps[number] = stamp;
                }
            });
            filterStamps = stamps;
        }
        if (!program.viaGrants().isEmpty()) {
            for (IpPrefix route : touchedRoutes) {
                routers.getOrDefault(route, List.of())
                        .forEach(router -> peers.add(router.node().id()));
            }
        }
        own.removeIf(id -> image.node(id) == null);
        peers.removeIf(id -> image.node(id) == null);
        PolicyTables tables = tables();
        return new Result(tables, new Touched(moved, peers, own, filtered, toSsh, touchedUsers));
    }

    /** Rules that name recorders hold their addresses. */
    private void tellOfRecorders(long[] filtered) {
        program.recorders().forEach((position, recorders) -> {
            boolean changed = recorders.stream()
                    .flatMap(List::stream)
                    .anyMatch(token -> Stream.concat(came.stream(), went.stream())
                            .anyMatch(node -> node.nodeClass().key().identity().has(token)));
            if (!changed) {
                return;
            }
            Bits.or(filtered, table.filteredBy(program.rule(position).source(), classes.length));
            if (program.rule(position) instanceof Rule.SelfApp) {
                for (int number = 0; number < classes.length; number++) {
                    if (table.get(number).isBoundToOwner()) {
                        Bits.set(filtered, number);
                    }
                }
            }
        });
    }

    private PolicyTables tables() {
        return new PolicyTables(
                shared,
                image,
                stamp,
                nodes,
                users,
                classes,
                filterStamps,
                sources.mergeStamp(),
                sources.sources(),
                ssh.entries(),
                routers,
                sources.sameSources(),
                primaries);
    }
}
