package io.fleetscale.control.login;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A login that waits for a person, or what became of it. Usually a machine wants to be a node; with an {@code sshSession} a
 * node asks whether to let that session in.
 *
 * @param machineKey only this machine is told the outcome
 * @param oldNodeKey the key before, zero if there is none
 * @param requestedExpiry what the client asked for, absent = nothing
 * @param nodeId the registered node, once {@code state} is REGISTERED
 * @param remoteAddress where the request came from, for people who look at the list
 * @param reason why it was rejected, for the person at the machine; empty = somebody said no
 * @param sshSession absent when a machine wants to be a node
 * @param decidedAt absent while it waits
 */
public record PendingLogin(
        AuthId id,
        MachineKey machineKey,
        NodeKey nodeKey,
        NodeKey oldNodeKey,
        LockKey lockKey,
        Hostinfo hostinfo,
        boolean ephemeral,
        @Nullable Instant requestedExpiry,
        Instant createdAt,
        String remoteAddress,
        State state,
        @Nullable NodeId nodeId,
        String reason,
        @Nullable SshSession sshSession,
        @Nullable Instant decidedAt) {

    /** A machine that wants to be a node. */
    public PendingLogin(
            AuthId id,
            MachineKey machineKey,
            NodeKey nodeKey,
            NodeKey oldNodeKey,
            LockKey lockKey,
            Hostinfo hostinfo,
            boolean ephemeral,
            @Nullable Instant requestedExpiry,
            Instant createdAt,
            String remoteAddress,
            State state,
            @Nullable NodeId nodeId) {
        this(
                id,
                machineKey,
                nodeKey,
                oldNodeKey,
                lockKey,
                hostinfo,
                ephemeral,
                requestedExpiry,
                createdAt,
                remoteAddress,
                state,
                nodeId,
                "",
                null,
                null);
    }

    /**
     * A session over SSH that a rule with {@code check} holds.
     *
     * @param localUser name at the destination, as that machine tells it: to show only
     */
    public record SshSession(NodeId source, NodeId destination, String localUser) {}

    /** A session that {@code destination} asks about. */
    public static PendingLogin ofSession(
            AuthId id, SshSession session, Node destination, Instant createdAt, String remoteAddress) {
        return new PendingLogin(
                id,
                destination.machineKey(),
                destination.nodeKey(),
                NodeKey.ZERO,
                LockKey.ZERO,
                Hostinfo.ofHostname(destination.hostname()),
                false,
                null,
                createdAt,
                remoteAddress,
                State.WAITING,
                null,
                "",
                session,
                null);
    }

    /** What became of it; all but WAITING are final. */
    public enum State {
        WAITING(io.fleetscale.proto.grid.v1.PendingLogin.State.STATE_WAITING),
        REGISTERED(io.fleetscale.proto.grid.v1.PendingLogin.State.STATE_REGISTERED),
        REJECTED(io.fleetscale.proto.grid.v1.PendingLogin.State.STATE_REJECTED),
        /** Approved without a node: the client is given a new URL. */
        APPROVED(io.fleetscale.proto.grid.v1.PendingLogin.State.STATE_APPROVED);

        private final io.fleetscale.proto.grid.v1.PendingLogin.State wire;

        State(io.fleetscale.proto.grid.v1.PendingLogin.State wire) {
            this.wire = wire;
        }

        static State of(io.fleetscale.proto.grid.v1.PendingLogin.State wire) {
            for (State state : values()) {
                if (state.wire == wire) {
                    return state;
                }
            }
            return WAITING;
        }
    }

    public boolean isWaiting() {
        return state == State.WAITING;
    }

    /** Whether a machine wants to be a node, and not a session in. */
    public boolean isRegistration() {
        return sshSession == null;
    }

    public PendingLogin became(State newState, @Nullable NodeId node, Instant at) {
        return with(requestedExpiry, newState, node, reason, at);
    }

    /** Rejected, with a text for the person at the machine. */
    public PendingLogin refused(String why, Instant at) {
        return with(requestedExpiry, State.REJECTED, null, why, at);
    }

    /** The same with another expiry. */
    public PendingLogin expiringAt(Instant expiry) {
        return with(expiry, state, nodeId, reason, decidedAt);
    }

    private PendingLogin with(
            @Nullable Instant newExpiry, State newState, @Nullable NodeId node, String why, @Nullable Instant at) {
        return new PendingLogin(
                id,
                machineKey,
                nodeKey,
                oldNodeKey,
                lockKey,
                hostinfo,
                ephemeral,
                newExpiry,
                createdAt,
                remoteAddress,
                newState,
                node,
                why,
                sshSession,
                at);
    }

    byte[] encode() {
        var wire = io.fleetscale.proto.grid.v1.PendingLogin.newBuilder()
                .setAuthId(id.text())
                .setMachineKey(ByteString.copyFrom(machineKey.raw().toArray()))
                .setNodeKey(ByteString.copyFrom(nodeKey.raw().toArray()))
                .setOldNodeKey(ByteString.copyFrom(oldNodeKey.raw().toArray()))
                .setLockKey(ByteString.copyFrom(lockKey.raw().toArray()))
                .setHostInfo(hostinfo.raw())
                .setEphemeral(ephemeral)
                .setCreatedAt(timestamp(createdAt))
                .setRemoteAddress(remoteAddress)
                .setState(state.wire)
                .setReason(reason);
        if (requestedExpiry != null) {
            wire.setRequestedExpiry(timestamp(requestedExpiry));
        }
        if (nodeId != null) {
            wire.setNodeId(nodeId.value());
        }
        if (sshSession != null) {
            wire.setSshSession(io.fleetscale.proto.grid.v1.SshSession.newBuilder()
                    .setSourceNodeId(sshSession.source().value())
                    .setDestinationNodeId(sshSession.destination().value())
                    .setLocalUser(sshSession.localUser()));
        }
        if (decidedAt != null) {
            wire.setDecidedAt(timestamp(decidedAt));
        }
        return wire.build().toByteArray();
    }

    static PendingLogin decode(byte[] record) {
        io.fleetscale.proto.grid.v1.PendingLogin wire;
        try {
            wire = io.fleetscale.proto.grid.v1.PendingLogin.parseFrom(record);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a stored login is no PendingLogin message", e);
        }
        return new PendingLogin(
                new AuthId(wire.getAuthId()),
                MachineKey.of(wire.getMachineKey().toByteArray()),
                NodeKey.of(wire.getNodeKey().toByteArray()),
                NodeKey.of(wire.getOldNodeKey().toByteArray()),
                LockKey.of(wire.getLockKey().toByteArray()),
                Hostinfo.parse(wire.getHostInfo()),
                wire.getEphemeral(),
                wire.hasRequestedExpiry() ? instant(wire.getRequestedExpiry()) : null,
                instant(wire.getCreatedAt()),
                wire.getRemoteAddress(),
                State.of(wire.getState()),
                wire.getNodeId() == 0 ? null : new NodeId(wire.getNodeId()),
                wire.getReason(),
                wire.hasSshSession() ? session(wire.getSshSession()) : null,
                wire.hasDecidedAt() ? instant(wire.getDecidedAt()) : null);
    }

    private static SshSession session(io.fleetscale.proto.grid.v1.SshSession wire) {
        return new SshSession(
                new NodeId(wire.getSourceNodeId()), new NodeId(wire.getDestinationNodeId()), wire.getLocalUser());
    }

    private static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    private static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }
}
