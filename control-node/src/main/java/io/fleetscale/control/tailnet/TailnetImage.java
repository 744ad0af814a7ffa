package io.fleetscale.control.tailnet;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
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
        return state.nodes.byId();
    }

    public @Nullable Node node(NodeId id) {
        return state.nodes.get(id);
    }

    public @Nullable Node nodeByKey(NodeKey key) {
        return state.nodes.get(state.nodes.byNodeKey().get(key));
    }

    /** The node that an address is assigned to. */
    public @Nullable Node nodeByAddress(IpAddress address) {
        return state.nodes.get(state.nodes.byAddress().get(address));
    }

    /** All nodes of a device: one per user that logged in on it, by number. */
    public List<Node> nodesByMachine(MachineKey key) {
        return state.nodes.ofMachine(key);
    }

    /** Names are compared without regard to case, as DNS does. */
    public @Nullable Node nodeByName(String givenName) {
        return state.nodes.get(state.nodes.byName().get(NodeTable.nameKey(givenName)));
    }

    /** Who holds which address, in order of addresses; the two families follow each other. */
    public SortedMap<IpAddress, NodeId> addresses() {
        return state.nodes.byAddress();
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

    /** Whether a node may take part: it is approved, and its owner is active. */
    public boolean isAuthorized(Node node) {
        if (node.needsApproval()) {
            return false;
        }
        User owner = node.userId() == null ? null : state.users.get(node.userId());
        return owner == null || owner.status() == UserStatus.ACTIVE;
    }

    /** By number, ascending. */
    public SortedMap<PreAuthKeyId, PreAuthKey> preAuthKeys() {
        return state.preAuthKeys.byId();
    }

    public @Nullable PreAuthKey preAuthKeyByPrefix(String prefix) {
        return state.preAuthKeys.find(prefix);
    }

    /** By number, ascending. */
    public SortedMap<ApiKeyId, ApiKey> apiKeys() {
        return state.apiKeys.byId();
    }

    public @Nullable ApiKey apiKeyByPrefix(String prefix) {
        return state.apiKeys.find(prefix);
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

    public @Nullable Resource resource(String kind, String id) {
        return resources(kind).get(id);
    }

    /** The resources of a kind, by id. */
    public SortedMap<String, Resource> resources(String kind) {
        return state.resources.getOrDefault(kind, TreePMap.empty());
    }

    @Override
    public String toString() {
        return "TailnetImage[version=" + version + ", users=" + state.users.size() + ", nodes="
                + state.nodes.byId().size() + "]";
    }

    /** The tables. */
    private record State(
            TreePMap<UserId, User> users,
            NodeTable nodes,
            KeyTable<PreAuthKeyId, PreAuthKey> preAuthKeys,
            KeyTable<ApiKeyId, ApiKey> apiKeys,
            @Nullable Policy policy,
            TreePMap<String, Setting> settings,
            TreePMap<IpPrefix, NodeId> primaries,
            TreePMap<String, TreePMap<String, Resource>> resources) {

        static final State EMPTY = new State(
                TreePMap.empty(),
                NodeTable.EMPTY,
                KeyTable.empty(),
                KeyTable.empty(),
                null,
                TreePMap.empty(),
                TreePMap.empty(),
                TreePMap.empty());

        State apply(Change change) {
            return switch (change) {
                case Change.UserPut(User user) -> with(users.plus(user.id(), user));
                case Change.UserRemoved(UserId id) -> with(users.minus(id));
                case Change.NodePut(Node node) -> with(nodes.plus(node));
                case Change.NodeRemoved(NodeId id) -> with(nodes.minus(id));
                case Change.PreAuthKeyPut(PreAuthKey key) ->
                    with(preAuthKeys.plus(key.id(), key.prefix(), key), apiKeys);
                case Change.PreAuthKeyRemoved(PreAuthKeyId id) -> {
                    PreAuthKey key = preAuthKeys.byId().get(id);
                    yield key == null ? this : with(preAuthKeys.minus(id, key.prefix()), apiKeys);
                }
                case Change.ApiKeyPut(ApiKey key) -> with(preAuthKeys, apiKeys.plus(key.id(), key.prefix(), key));
                case Change.ApiKeyRemoved(ApiKeyId id) -> {
                    ApiKey key = apiKeys.byId().get(id);
                    yield key == null ? this : with(preAuthKeys, apiKeys.minus(id, key.prefix()));
                }
                case Change.PolicyPut(Policy newPolicy) -> with(newPolicy, settings, primaries);
                case Change.SettingPut(Setting setting) ->
                    with(policy, settings.plus(setting.name(), setting), primaries);
                case Change.PrimaryPut(IpPrefix route, NodeId node) ->
                    with(policy, settings, primaries.plus(route, node));
                case Change.PrimaryRemoved(IpPrefix route) -> with(policy, settings, primaries.minus(route));
                case Change.ResourcePut(Resource resource) ->
                    withResources(
                            resource.kind(),
                            resources
                                    .getOrDefault(resource.kind(), TreePMap.empty())
                                    .plus(resource.id(), resource));
                case Change.ResourceRemoved(String kind, String id) ->
                    withResources(
                            kind, resources.getOrDefault(kind, TreePMap.empty()).minus(id));
            };
        }

        private State with(TreePMap<UserId, User> newUsers) {
            return new State(newUsers, nodes, preAuthKeys, apiKeys, policy, settings, primaries, resources);
        }

        private State with(NodeTable newNodes) {
            return new State(users, newNodes, preAuthKeys, apiKeys, policy, settings, primaries, resources);
        }

        private State with(KeyTable<PreAuthKeyId, PreAuthKey> newPreAuthKeys, KeyTable<ApiKeyId, ApiKey> newApiKeys) {
            return new State(users, nodes, newPreAuthKeys, newApiKeys, policy, settings, primaries, resources);
        }

        private State with(
                @Nullable Policy newPolicy,
                TreePMap<String, Setting> newSettings,
                TreePMap<IpPrefix, NodeId> newPrimaries) {
            return new State(users, nodes, preAuthKeys, apiKeys, newPolicy, newSettings, newPrimaries, resources);
        }

        private State withResources(String kind, TreePMap<String, Resource> ofKind) {
            return new State(
                    users, nodes, preAuthKeys, apiKeys, policy, settings, primaries, resources.plus(kind, ofKind));
        }
    }
}
