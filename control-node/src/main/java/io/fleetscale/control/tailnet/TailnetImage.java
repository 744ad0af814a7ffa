package io.fleetscale.control.tailnet;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.TreePMap;

/**
 * All hard state of the tailnet at one number of the log. Immutable and thread-safe; the next image shares all that did
 * not change, so that a delta costs the same at 10 and at 100,000 nodes. At one version it is equal on every instance.
 */
public final class TailnetImage {
    public static final TailnetImage EMPTY = new TailnetImage(0, IdCounters.FIRST, State.EMPTY);

    private final long version;
    private final IdCounters counters;
    private final State state;

    private TailnetImage(long version, IdCounters counters, State state) {
        this.version = version;
        this.counters = counters;
        this.state = state;
    }

    /** An image read from the tables as of {@code version}. */
    public static TailnetImage load(long version, IdCounters counters, Collection<Change> rows) {
        State state = State.EMPTY;
        for (Change row : rows) {
            state = state.apply(row);
        }
        return new TailnetImage(version, counters, state);
    }

    /**
     * The image after {@code delta}.
     *
     * @throws IllegalStateException if the delta does not follow this version, or breaks an invariant
     */
    public TailnetImage apply(TailnetDelta delta) {
        if (delta.version() != version + 1) {
            throw new IllegalStateException(
                    "log record " + delta.version() + " does not follow image version " + version);
        }
        State next = state;
        IdCounters nextCounters = counters;
        for (Change change : delta.changes()) {
            next = next.apply(change);
            nextCounters = nextCounters.seen(change);
        }
        return new TailnetImage(delta.version(), nextCounters, next);
    }

    /** Number of the last log record in this image; 0 is the empty tailnet. */
    public long version() {
        return version;
    }

    public IdCounters counters() {
        return counters;
    }

    /** By number, ascending. */
    public SortedMap<NodeId, Node> nodes() {
        return state.nodes;
    }

    public @Nullable Node node(NodeId id) {
        return state.nodes.get(id);
    }

    public @Nullable Node nodeByKey(NodeKey key) {
        NodeId id = state.byNodeKey.get(key);
        return id == null ? null : state.nodes.get(id);
    }

    /** All nodes of a device: one per user that logged in on it, by number. */
    public List<Node> nodesByMachine(MachineKey key) {
        return state.byMachineKey.getOrDefault(key, List.of()).stream()
                .map(state.nodes::get)
                .toList();
    }

    /** Names are compared without regard to case, as DNS does. */
    public @Nullable Node nodeByName(String givenName) {
        NodeId id = state.byName.get(State.nameKey(givenName));
        return id == null ? null : state.nodes.get(id);
    }

    /** Who holds which address, in order of addresses; the two families follow each other. */
    public SortedMap<IpAddress, NodeId> addresses() {
        return state.byAddress;
    }

    /** By number, ascending. */
    public SortedMap<UserId, User> users() {
        return state.users;
    }

    public @Nullable User user(UserId id) {
        return state.users.get(id);
    }

    /** The owner to show: the user, or {@link User#TAGGED_DEVICES} for a tagged node. */
    public User ownerOf(Node node) {
        UserId id = node.userId();
        User user = id == null ? null : state.users.get(id);
        return user == null ? User.TAGGED_DEVICES : user;
    }

    /** By number, ascending. */
    public SortedMap<PreAuthKeyId, PreAuthKey> preAuthKeys() {
        return state.preAuthKeys;
    }

    public @Nullable PreAuthKey preAuthKeyByPrefix(String prefix) {
        PreAuthKeyId id = state.preAuthKeyByPrefix.get(prefix);
        return id == null ? null : state.preAuthKeys.get(id);
    }

    /** By number, ascending. */
    public SortedMap<ApiKeyId, ApiKey> apiKeys() {
        return state.apiKeys;
    }

    public @Nullable ApiKey apiKeyByPrefix(String prefix) {
        ApiKeyId id = state.apiKeyByPrefix.get(prefix);
        return id == null ? null : state.apiKeys.get(id);
    }

    /** The policy in force, absent when none was ever set. */
    public Optional<Policy> policy() {
        return Optional.ofNullable(state.policy);
    }

    public @Nullable Setting setting(String name) {
        return state.settings.get(name);
    }

    public Collection<Setting> settings() {
        return state.settings.values();
    }

    /** The elected node of each subnet route. */
    public SortedMap<IpPrefix, NodeId> primaries() {
        return state.primaries;
    }

    @Override
    public String toString() {
        return "TailnetImage[version=" + version + ", users=" + state.users.size() + ", nodes=" + state.nodes.size()
                + "]";
    }

    /** The tables and their indexes. */
    private record State(
            TreePMap<UserId, User> users,
            TreePMap<NodeId, Node> nodes,
            HashPMap<NodeKey, NodeId> byNodeKey,
            HashPMap<MachineKey, List<NodeId>> byMachineKey,
            HashPMap<String, NodeId> byName,
            TreePMap<IpAddress, NodeId> byAddress,
            TreePMap<PreAuthKeyId, PreAuthKey> preAuthKeys,
            HashPMap<String, PreAuthKeyId> preAuthKeyByPrefix,
            TreePMap<ApiKeyId, ApiKey> apiKeys,
            HashPMap<String, ApiKeyId> apiKeyByPrefix,
            @Nullable Policy policy,
            TreePMap<String, Setting> settings,
            TreePMap<IpPrefix, NodeId> primaries) {

        static final State EMPTY = new State(
                TreePMap.empty(),
                TreePMap.empty(),
                HashTreePMap.empty(),
                HashTreePMap.empty(),
                HashTreePMap.empty(),
                TreePMap.empty(),
                TreePMap.empty(),
                HashTreePMap.empty(),
                TreePMap.empty(),
                HashTreePMap.empty(),
                null,
                TreePMap.empty(),
                TreePMap.empty());

        State apply(Change change) {
            return switch (change) {
                case Change.UserPut(User user) -> withUsers(users.plus(user.id(), user));
                case Change.UserRemoved(UserId id) -> withUsers(users.minus(id));
                case Change.NodePut(Node node) -> putNode(node);
                case Change.NodeRemoved(NodeId id) -> removeNode(id);
                case Change.PreAuthKeyPut(PreAuthKey key) ->
                    withPreAuthKeys(preAuthKeys.plus(key.id(), key), preAuthKeyByPrefix.plus(key.prefix(), key.id()));
                case Change.PreAuthKeyRemoved(PreAuthKeyId id) -> {
                    PreAuthKey key = preAuthKeys.get(id);
                    yield key == null
                            ? this
                            : withPreAuthKeys(preAuthKeys.minus(id), preAuthKeyByPrefix.minus(key.prefix()));
                }
                case Change.ApiKeyPut(ApiKey key) ->
                    withApiKeys(apiKeys.plus(key.id(), key), apiKeyByPrefix.plus(key.prefix(), key.id()));
                case Change.ApiKeyRemoved(ApiKeyId id) -> {
                    ApiKey key = apiKeys.get(id);
                    yield key == null ? this : withApiKeys(apiKeys.minus(id), apiKeyByPrefix.minus(key.prefix()));
                }
                case Change.PolicyPut(Policy newPolicy) -> withRest(newPolicy, settings, primaries);
                case Change.SettingPut(Setting setting) ->
                    withRest(policy, settings.plus(setting.name(), setting), primaries);
                case Change.PrimaryPut(IpPrefix route, NodeId node) ->
                    withRest(policy, settings, primaries.plus(route, node));
                case Change.PrimaryRemoved(IpPrefix route) -> withRest(policy, settings, primaries.minus(route));
            };
        }

        private State putNode(Node node) {
            Node old = nodes.get(node.id());
            State base = old == null ? this : unindex(old);
            return base.index(node, nodes.plus(node.id(), node));
        }

        private State removeNode(NodeId id) {
            Node old = nodes.get(id);
            return old == null ? this : unindex(old).withNodes(nodes.minus(id));
        }

        private State index(Node node, TreePMap<NodeId, Node> newNodes) {
            NodeId id = node.id();
            claim(byNodeKey.get(node.nodeKey()), id, "node key");
            claim(byName.get(nameKey(node.givenName())), id, "name");
            TreePMap<IpAddress, NodeId> addresses = byAddress;
            for (IpAddress address : node.addresses()) {
                claim(addresses.get(address), id, "address");
                addresses = addresses.plus(address, id);
            }
            List<NodeId> siblings = byMachineKey.getOrDefault(node.machineKey(), List.of());
            List<NodeId> machine =
                    Stream.concat(siblings.stream(), Stream.of(id)).sorted().toList();
            return new State(
                    users,
                    newNodes,
                    byNodeKey.plus(node.nodeKey(), id),
                    byMachineKey.plus(node.machineKey(), machine),
                    byName.plus(nameKey(node.givenName()), id),
                    addresses,
                    preAuthKeys,
                    preAuthKeyByPrefix,
                    apiKeys,
                    apiKeyByPrefix,
                    policy,
                    settings,
                    primaries);
        }

        private State unindex(Node node) {
            TreePMap<IpAddress, NodeId> addresses = byAddress;
            for (IpAddress address : node.addresses()) {
                addresses = addresses.minus(address);
            }
            List<NodeId> machine = byMachineKey.getOrDefault(node.machineKey(), List.of()).stream()
                    .filter(id -> !id.equals(node.id()))
                    .toList();
            return new State(
                    users,
                    nodes,
                    byNodeKey.minus(node.nodeKey()),
                    machine.isEmpty()
                            ? byMachineKey.minus(node.machineKey())
                            : byMachineKey.plus(node.machineKey(), machine),
                    byName.minus(nameKey(node.givenName())),
                    addresses,
                    preAuthKeys,
                    preAuthKeyByPrefix,
                    apiKeys,
                    apiKeyByPrefix,
                    policy,
                    settings,
                    primaries);
        }

        private static String nameKey(String givenName) {
            return givenName.toLowerCase(Locale.ROOT);
        }

        private static void claim(@Nullable NodeId holder, NodeId id, String what) {
            if (holder != null && !holder.equals(id)) {
                throw new IllegalStateException("node " + id + ": its " + what + " belongs to node " + holder);
            }
        }

        private State withUsers(TreePMap<UserId, User> newUsers) {
            return new State(
                    newUsers,
                    nodes,
                    byNodeKey,
                    byMachineKey,
                    byName,
                    byAddress,
                    preAuthKeys,
                    preAuthKeyByPrefix,
                    apiKeys,
                    apiKeyByPrefix,
                    policy,
                    settings,
                    primaries);
        }

        private State withNodes(TreePMap<NodeId, Node> newNodes) {
            return new State(
                    users,
                    newNodes,
                    byNodeKey,
                    byMachineKey,
                    byName,
                    byAddress,
                    preAuthKeys,
                    preAuthKeyByPrefix,
                    apiKeys,
                    apiKeyByPrefix,
                    policy,
                    settings,
                    primaries);
        }

        private State withPreAuthKeys(
                TreePMap<PreAuthKeyId, PreAuthKey> newKeys, HashPMap<String, PreAuthKeyId> newByPrefix) {
            return new State(
                    users,
                    nodes,
                    byNodeKey,
                    byMachineKey,
                    byName,
                    byAddress,
                    newKeys,
                    newByPrefix,
                    apiKeys,
                    apiKeyByPrefix,
                    policy,
                    settings,
                    primaries);
        }

        private State withApiKeys(TreePMap<ApiKeyId, ApiKey> newKeys, HashPMap<String, ApiKeyId> newByPrefix) {
            return new State(
                    users,
                    nodes,
                    byNodeKey,
                    byMachineKey,
                    byName,
                    byAddress,
                    preAuthKeys,
                    preAuthKeyByPrefix,
                    newKeys,
                    newByPrefix,
                    policy,
                    settings,
                    primaries);
        }

        private State withRest(
                @Nullable Policy newPolicy,
                TreePMap<String, Setting> newSettings,
                TreePMap<IpPrefix, NodeId> newPrimaries) {
            return new State(
                    users,
                    nodes,
                    byNodeKey,
                    byMachineKey,
                    byName,
                    byAddress,
                    preAuthKeys,
                    preAuthKeyByPrefix,
                    apiKeys,
                    apiKeyByPrefix,
                    newPolicy,
                    newSettings,
                    newPrimaries);
        }
    }
}
