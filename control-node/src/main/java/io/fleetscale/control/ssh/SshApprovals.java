package io.fleetscale.control.ssh;

import io.fleetscale.control.tailnet.NodeId;
import java.time.Instant;
import java.util.Optional;

/**
 * Who was let in lately, common to all instances and durable. Thread-safe; blocks on the database: for virtual threads. Every
 * method fails with {@code ControlException} UNAVAILABLE while the database is away.
 */
public interface SshApprovals {
    /**
     * @param owner of the source then, 0 for a tagged node
     * @param policy version of the policy then, 0 without one
     */
    record Approval(NodeId source, NodeId destination, long owner, long policy, Instant at) {}

    /** Stores an approval, unless there is a later one of the pair; drops those that no policy can count any more. */
    void add(Approval approval);

    /** The last one of a pair. */
    Optional<Approval> find(NodeId source, NodeId destination);
}
