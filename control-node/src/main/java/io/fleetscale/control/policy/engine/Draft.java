package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
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
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
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
    private final SourceWork sourceWork;

    private LongTable<NodeState> nodes = LongTable.empty();
    private LongTable<UserState> users = LongTable.empty();
    private ClassState[] classes = NO_CLASSES;
    private long[] filterStamps = {};
    private long mergeStamp;
    private SourceSet[] sources;
    private SshSources[] ssh;
    private TreePMap<IpPrefix, List<NodeState>> routers = TreePMap.empty();
    private HashPMap<Fingerprint, Ints> sameSources = HashTreePMap.empty();
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
        this.sourceWork = new SourceWork(shared);
        if (before == null) {
            this.stamp = 1;
            this.sources = new SourceSet[program.exprs().size()];
            this.ssh = program.ssh().stream().map(SshSources::new).toArray(SshSources[]::new);
        } else {
            PolicyTables old = before.tables();
            this.stamp = old.stamp() + 1;
            this.nodes = old.nodes();
            this.users = old.users();
            this.classes = old.classes().clone();
            this.filterStamps = old.filterStamps();
            this.mergeStamp = old.mergeStamp();
            this.sources = old.sources();
            this.ssh = old.ssh();
            this.routers = old.routers();
            this.sameSources = old.sameSources();
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
        Map<Long, Members> owned = new HashMap<>();
        for (Node node : image.nodes().values()) {
            draft.load(node, byTags, owned);
        }
        draft.finishLoad(owned);
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

    private static final class Members {
        long[] ids = new long[4];
        int count;

        void add(long id) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, count * 2);
            }
            ids[count++] = id;
        }

        IdSet toSet() {
            return IdSet.of(ids, count);
        }
    }

    private final Map<Integer, Members> loading = new HashMap<>();
    private final List<ClassTotals> totals = new ArrayList<>();

    private static final class ClassTotals {
        HashPMap<Long, Integer> owners = HashTreePMap.empty();
        int count4;
        int count6;
        Fingerprint sum4 = Hash128.ZERO;
        Fingerprint sum6 = Hash128.ZERO;
    }

    private void load(Node node, Map<List<String>, Ints> byTags, Map<Long, Members> owned) {
        NodeState state = stateOf(node, byTags);
        long id = node.id().value();
        nodes = nodes.plus(id, state);
        int number = state.nodeClass().number();
        while (totals.size() <= number) {
            totals.add(new ClassTotals());
        }
        loading.computeIfAbsent(number, absent -> new Members()).add(id);
        ClassTotals total = totals.get(number);
        if (state.nodeClass().isBoundToOwner()) {
            total.owners = total.owners.plus(state.owner(), total.owners.getOrDefault(state.owner(), 0) + 1);
        }
        if (node.ipv4() != null) {
            total.count4++;
            total.sum4 = Hash128.plus(total.sum4, Hash128.of(node.ipv4()));
        }
        if (node.ipv6() != null) {
            total.count6++;
            total.sum6 = Hash128.plus(total.sum6, Hash128.of(node.ipv6()));
        }
        if (state.owner() != 0) {
            owned.computeIfAbsent(state.owner(), absent -> new Members()).add(id);
        }
        for (IpPrefix route : state.nodeClass().routes()) {
            routers = routers.plus(route, with(routers.getOrDefault(route, List.of()), state));
        }
    }

    private void finishLoad(Map<Long, Members> owned) {
        classes = new ClassState[table.size()];
        Arrays.fill(classes, ClassState.EMPTY);
        loading.forEach((number, members) -> {
            ClassTotals total = totals.get(number);
            classes[number] =
                    new ClassState(members.toSet(), total.owners, total.count4, total.count6, total.sum4, total.sum6);
        });
        owned.forEach((user, members) -> users = users.plus(user, withNodes(userState(user), members.toSet())));
        filterStamps = new long[classes.length];
        Arrays.fill(filterStamps, stamp);
        for (SourceExpr expr : program.exprs()) {
            sources[expr.id()] = sourceWork.make(expr, classes, nodes, routers.keySet());
            rememberSame(expr.id());
        }
        Map<NodeId, TreeSet<IpPrefix>> elected = new HashMap<>();
        image.primaries()
                .forEach((route, node) ->
                        elected.computeIfAbsent(node, absent -> new TreeSet<>()).add(route));
        elected.forEach((node, routes) -> primaries = primaries.plus(node.value(), List.copyOf(routes)));
    }

    private void rememberSame(int expr) {
        SourceSet set = sources[expr];
        if (!shared.inBuckets() && !set.isEmpty()) {
            Ints known = sameSources.get(set.fingerprint());
            sameSources = sameSources.plus(set.fingerprint(), with(known == null ? Ints.EMPTY : known, expr));
        }
    }

    private static Ints with(Ints numbers, int number) {
        int[] next = Arrays.copyOf(numbers.values(), numbers.values().length + 1);
        next[next.length - 1] = number;
        Arrays.sort(next);
        return new Ints(next);
    }

    private static Ints without(Ints numbers, int number) {
        return new Ints(Arrays.stream(numbers.values()).filter(n -> n != number).toArray());
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
                touchSsh(next);
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

    private void touchSsh(NodeState node) {
        for (int i = 0; i < ssh.length; i++) {
            SshEntry entry = ssh[i].entry();
            if (holdsOne(node, entry.sources()) || holdsOne(node, entry.recorders())) {
                replaceSsh(i);
            }
        }
    }

    private final Set<Integer> replacedSsh = new HashSet<>();

    private void replaceSsh(int index) {
        if (replacedSsh.add(index)) {
            if (before != null && ssh == before.tables().ssh()) {
                ssh = ssh.clone();
            }
            ssh[index] = new SshSources(ssh[index].entry());
        }
    }

    private static boolean holdsOne(NodeState node, Collection<Integer> tokens) {
        return tokens.stream().anyMatch(node.nodeClass().key().identity()::has);
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
        updateSources(filtered);
        came.forEach(this::touchSsh);
        went.forEach(this::touchSsh);
        touchLogins();
        long[] toSsh = Bits.upTo(classes.length);
        replacedSsh.forEach(index -> {
            SshEntry entry = ssh[index].entry();
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

    /** A login is part of SSH rules with local parts. */
    private void touchLogins() {
        for (int i = 0; i < ssh.length; i++) {
            SshEntry entry = ssh[i].entry();
            if (!entry.localDomains().isEmpty()
                    && touchedUsers.stream()
                            .anyMatch(user -> entry.sources().stream()
                                    .anyMatch(userState(user).identity()::has))) {
                replaceSsh(i);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    private void updateSources(long[] filtered) {
        Map<Integer, SourceWork.Difference> differences = new TreeMap<>();
        sourceWork.differences(came, went, differences);
        EnginePolicy old = before;
        if (old == null) {
            return;
        }
        boolean routesChanged = touchedRoutes.stream()
                .anyMatch(route ->
                        routers.containsKey(route) != old.tables().routers().containsKey(route));
        if (routesChanged) {
            for (int expr : program.exprsOfAny()) {
                differences.computeIfAbsent(expr, absent -> new SourceWork.Difference());
            }
        }
        Set<Integer> affected = new LinkedHashSet<>();
        differences.forEach((id, difference) -> {
            SourceExpr expr = program.expr(id);
            SourceSet was = sources[id];
            SourceSet now = sourceWork.change(
                    expr,
                    was,
                    difference,
                    routesChanged && expr.any(),
                    old,
                    () -> sourceWork.make(expr, classes, nodes, routers.keySet()),
                    routers.keySet());
            if (now == was) {
                return;
            }
            if (sources == old.tables().sources()) {
                sources = sources.clone();
            }
            sources[id] = now;
            affected.add(id);
        });
        if (!shared.inBuckets()) {
            regroup(old, affected);
        }
        for (int id : affected) {
            Bits.or(filtered, table.filteredBy(program.expr(id), classes.length));
        }
    }

    /** Rules of other sources are merged with those of the changed ones, or no more. */
    private void regroup(EnginePolicy old, Set<Integer> affected) {
        Set<Integer> others = new LinkedHashSet<>();
        for (int id : affected) {
            Fingerprint was = old.tables().sources()[id].fingerprint();
            Ints left = sameSources.get(was);
            if (left != null && left.has(id)) {
                Ints rest = without(left, id);
                sameSources = rest.isEmpty() ? sameSources.minus(was) : sameSources.plus(was, rest);
                Arrays.stream(rest.values()).forEach(others::add);
            }
        }
        for (int id : affected) {
            rememberSame(id);
            Ints now = sameSources.get(sources[id].fingerprint());
            if (now != null) {
                Arrays.stream(now.values()).forEach(others::add);
            }
        }
        if (!affected.isEmpty()) {
            mergeStamp = stamp;
        }
        affected.addAll(others);
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
                mergeStamp,
                sources,
                ssh,
                routers,
                sameSources,
                primaries);
    }
}
