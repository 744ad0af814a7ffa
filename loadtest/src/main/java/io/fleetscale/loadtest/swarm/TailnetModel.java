package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.netmap.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the server has acknowledged of each member of a swarm, and who may see whom: members of one group see each other and
 * nobody else. A write is announced before it is sent and settled when its answer says that it holds. Thread-safe.
 */
public final class TailnetModel {
    private static final String GROUP_TAG = "tag:g";

    private final int groups;
    private final Map<Integer, State> states = new ConcurrentHashMap<>();
    private final AtomicInteger versions = new AtomicInteger();

    /** One member. Guarded by itself. */
    private static final class State {
        private final Set<Integer> groupsEver = ConcurrentHashMap.newKeySet();
        private @Nullable String givenName;
        private int group;
        private boolean busy;
        private boolean gone;
    }

    /** @param groups how many; 0: no policy, all see all */
    public TailnetModel(int groups) {
        this.groups = groups;
    }

    public int groups() {
        return groups;
    }

    /** The tags of a member of this group. */
    List<String> tags(int group) {
        return groups == 0 ? List.of() : List.of(GROUP_TAG + group);
    }

    /** A policy in which each group sees itself only. */
    String policy(String owner) {
        StringBuilder owners = new StringBuilder();
        StringBuilder rules = new StringBuilder();
        for (int group = 0; group < groups; group++) {
            String comma = group == 0 ? "" : ",";
            owners.append(comma)
                    .append('"')
                    .append(GROUP_TAG)
                    .append(group)
                    .append("\":[\"")
                    .append(owner)
                    .append("@\"]");
            rules.append(comma)
                    .append("{\"action\":\"accept\",\"src\":[\"")
                    .append(GROUP_TAG)
                    .append(group)
                    .append("\"],\"dst\":[\"")
                    .append(GROUP_TAG)
                    .append(group)
                    .append(":*\"]}");
        }
        return "{\"tagOwners\":{" + owners + "},\"acls\":[" + rules + "]}";
    }

    /** The group that a new member is put into. */
    int firstGroup(int number) {
        return groups == 0 ? 0 : number % groups;
    }

    private State state(int number) {
        return states.computeIfAbsent(number, key -> {
            State made = new State();
            made.group = firstGroup(number);
            made.groupsEver.add(made.group);
            return made;
        });
    }

    int group(Member member) {
        State state = state(member.number());
        synchronized (state) {
            return state.group;
        }
    }

    /** A number that no write had before. */
    int nextVersion() {
        return versions.incrementAndGet();
    }

    /** Claims a member for one write; false when another one is under way or it is gone. */
    boolean claim(Member member) {
        State state = state(member.number());
        synchronized (state) {
            if (state.busy || state.gone) {
                return false;
            }
            state.busy = true;
            return true;
        }
    }

    void release(Member member) {
        State state = state(member.number());
        synchronized (state) {
            state.busy = false;
        }
    }

    /** The member was renamed; {@code givenName} is its first label. */
    void renamed(Member member, String givenName) {
        State state = state(member.number());
        synchronized (state) {
            state.givenName = givenName;
        }
    }

    /** The member may be in this group from now on. */
    void moving(Member member, int group) {
        state(member.number()).groupsEver.add(group);
    }

    void moved(Member member, int group) {
        State state = state(member.number());
        synchronized (state) {
            state.group = group;
        }
    }

    /** The node was deleted. */
    void gone(Member member) {
        State state = state(member.number());
        synchronized (state) {
            state.gone = true;
        }
    }

    boolean isGone(Member member) {
        State state = state(member.number());
        synchronized (state) {
            return state.gone;
        }
    }

    /** Whether a session may, or might until a moment ago, see a peer with these tags. */
    boolean mayEverSee(int viewer, List<String> tags) {
        if (groups == 0) {
            return true;
        }
        Set<Integer> allowed = state(viewer).groupsEver;
        return tags.stream()
                .filter(tag -> tag.startsWith(GROUP_TAG))
                .anyMatch(tag -> allowed.contains(Integer.parseInt(tag.substring(GROUP_TAG.length()))));
    }

    /** Whether these two see each other and no write of either is under way. */
    boolean settledTogether(int one, int other) {
        State first = state(one);
        State second = state(other);
        int group;
        synchronized (first) {
            if (first.busy || first.gone) {
                return false;
            }
            group = first.group;
        }
        synchronized (second) {
            return !second.busy && !second.gone && second.group == group;
        }
    }

    /** What each member of each group must be for the others, from its own view of itself and what was acknowledged. */
    Map<Integer, List<Peer>> truth(List<Member> members) {
        Map<Integer, List<Peer>> byGroup = new HashMap<>();
        for (Member member : members) {
            expected(member)
                    .ifPresent(peer -> byGroup.computeIfAbsent(group(member), key -> new ArrayList<>())
                            .add(peer));
        }
        return byGroup;
    }

    private Optional<Peer> expected(Member member) {
        State state = state(member.number());
        String givenName;
        int group;
        synchronized (state) {
            if (state.gone) {
                return Optional.empty();
            }
            givenName = state.givenName;
            group = state.group;
        }
        return member.self()
                .map(self -> new Peer(
                        self.id(),
                        member.node().identity().nodeKey().toString(),
                        givenName == null
                                ? self.name()
                                : givenName + self.name().substring(self.name().indexOf('.')),
                        self.addresses(),
                        true,
                        member.node().status().endpoints(),
                        member.node().status().homeDerp(),
                        tags(group)));
    }
}
