package io.fleetscale.control.netmap;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.tailnet.NodeId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;

/**
 * All that the viewers of one class see, a viewer among them included, by number, and up to which notice. Immutable and
 * thread-safe; the next view shares all fragments that did not change.
 */
final class ClassView {
    private static final int JOIN_BELOW = 96;
    private static final Fragment[] NO_FRAGMENTS = new Fragment[0];

    private final ClassId id;
    private final RangeMessages messages;
    private final long head;
    private final Fragment[] fragments;
    private final HashPMap<Long, Integer> owners;

    private ClassView(
            ClassId id, RangeMessages messages, long head, Fragment[] fragments, HashPMap<Long, Integer> owners) {
        this.id = id;
        this.messages = messages;
        this.head = head;
        this.fragments = fragments;
        this.owners = owners;
    }

    static ClassView empty(ClassId id, long head) {
        return new ClassView(id, new RangeMessages(new NoticeLog(head)), head, NO_FRAGMENTS, HashTreePMap.empty());
    }

    ClassId id() {
        return id;
    }

    RangeMessages messages() {
        return messages;
    }

    /** Number of the last notice whose effect is in this view. */
    long head() {
        return head;
    }

    ClassView withHead(long newHead) {
        return new ClassView(id, messages, newHead, fragments, owners);
    }

    int fragmentCount() {
        return fragments.length;
    }

    Fragment fragment(int index) {
        return fragments[index];
    }

    int size() {
        int size = 0;
        for (Fragment fragment : fragments) {
            size += fragment.size();
        }
        return size;
    }

    @Nullable
    PeerEntry find(NodeId node) {
        int at = fragmentOf(node);
        if (at < 0) {
            return null;
        }
        int index = fragments[at].indexOf(node);
        return index < 0 ? null : fragments[at].peer(index);
    }

    List<NodeId> members() {
        List<NodeId> members = new ArrayList<>();
        for (Fragment fragment : fragments) {
            for (int i = 0; i < fragment.size(); i++) {
                members.add(fragment.peer(i).id());
            }
        }
        return members;
    }

    /** The users whose profiles the viewers need, by number, and how many nodes each has; the same object until one comes or goes. */
    HashPMap<Long, Integer> owners() {
        return owners;
    }

    ClassView plus(PeerEntry peer) {
        PeerEntry old = find(peer.id());
        HashPMap<Long, Integer> nextOwners = owners;
        if (old == null || old.userId() != peer.userId()) {
            nextOwners = old == null ? owners : without(owners, old.userId());
            nextOwners = nextOwners.plus(peer.userId(), nextOwners.getOrDefault(peer.userId(), 0) + 1);
        }
        return new ClassView(id, messages, head, fragmentsPlus(peer), nextOwners);
    }

    private Fragment[] fragmentsPlus(PeerEntry peer) {
        if (fragments.length == 0) {
            return new Fragment[] {new Fragment(peer)};
        }
        int at = Math.max(0, fragmentOf(peer.id()));
        boolean appended = at == fragments.length - 1
                && fragments[at].isFull()
                && fragments[at].peer(fragments[at].size() - 1).id().compareTo(peer.id()) < 0;
        if (appended) {
            Fragment[] next = Arrays.copyOf(fragments, fragments.length + 1);
            next[fragments.length] = new Fragment(peer);
            return next;
        }
        return replaced(at, 1, fragments[at].plus(peer));
    }

    ClassView minus(NodeId node) {
        int at = fragmentOf(node);
        int index = at < 0 ? -1 : fragments[at].indexOf(node);
        if (index < 0) {
            return this;
        }
        long owner = fragments[at].peer(index).userId();
        return new ClassView(id, messages, head, fragmentsMinus(at, index), without(owners, owner));
    }

    private Fragment[] fragmentsMinus(int at, int index) {
        if (fragments[at].size() == 1) {
            return replaced(at, 1);
        }
        Fragment rest = fragments[at].minus(index);
        if (at + 1 < fragments.length && rest.size() + fragments[at + 1].size() < JOIN_BELOW) {
            return replaced(at, 2, rest.joinedWith(fragments[at + 1]));
        }
        if (at > 0 && rest.size() + fragments[at - 1].size() < JOIN_BELOW) {
            return replaced(at - 1, 2, fragments[at - 1].joinedWith(rest));
        }
        return replaced(at, 1, rest);
    }

    private static HashPMap<Long, Integer> without(HashPMap<Long, Integer> owners, long owner) {
        int count = owners.getOrDefault(owner, 0);
        return count <= 1 ? owners.minus(owner) : owners.plus(owner, count - 1);
    }

    private Fragment[] replaced(int from, int count, Fragment... by) {
        Fragment[] next = new Fragment[fragments.length - count + by.length];
        System.arraycopy(fragments, 0, next, 0, from);
        System.arraycopy(by, 0, next, from, by.length);
        System.arraycopy(fragments, from + count, next, from + by.length, fragments.length - from - count);
        return next;
    }

    /** Index of the fragment in whose range the node lies, or -1 if it lies before all. */
    private int fragmentOf(NodeId node) {
        int low = 0;
        int high = fragments.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (fragments[middle].first().compareTo(node) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }
}
