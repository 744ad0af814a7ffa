package io.fleetscale.control.policy.engine;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;

/** The SSH entries of the next tables: those whose sources, recorders or logins change are made anew. Confined to one thread. */
final class SshDraft {
    private final Set<Integer> replaced = new HashSet<>();
    private SshSources[] entries;
    private boolean shared;

    /** All anew. */
    SshDraft(Program program) {
        this.entries = program.ssh().stream().map(SshSources::new).toArray(SshSources[]::new);
    }

    /** @param before not changed: the former tables have them too */
    SshDraft(SshSources[] before) {
        this.entries = before;
        this.shared = true;
    }

    SshSources[] entries() {
        return entries;
    }

    /** The entries that were made anew. */
    List<SshEntry> replaced() {
        return replaced.stream().map(index -> entries[index].entry()).toList();
    }

    /** A node came or went, or is told otherwise. */
    void touch(NodeState node) {
        for (int i = 0; i < entries.length; i++) {
            SshEntry entry = entries[i].entry();
            if (holdsOne(node, entry.sources()) || holdsOne(node, entry.recorders())) {
                replace(i);
            }
        }
    }

    /** A login is part of rules with local parts. */
    void touchLogins(Set<Long> users, LongFunction<Ints> identityOf) {
        for (int i = 0; i < entries.length; i++) {
            SshEntry entry = entries[i].entry();
            if (!entry.localDomains().isEmpty()
                    && users.stream()
                            .anyMatch(user -> entry.sources().stream().anyMatch(identityOf.apply(user)::has))) {
                replace(i);
            }
        }
    }

    private void replace(int index) {
        if (replaced.add(index)) {
            if (shared) {
                entries = entries.clone();
                shared = false;
            }
            entries[index] = new SshSources(entries[index].entry());
        }
    }

    private static boolean holdsOne(NodeState node, Collection<Integer> tokens) {
        return tokens.stream().anyMatch(node.nodeClass().key().identity()::has);
    }
}
