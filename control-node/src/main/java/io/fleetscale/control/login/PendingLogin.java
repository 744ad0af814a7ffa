package io.fleetscale.control.login;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A login that waits for a person, or what became of it.
 *
 * @param machineKey only this machine is told the outcome
 * @param oldNodeKey the key before, zero if there is none
 * @param requestedExpiry what the client asked for, absent = nothing
 * @param nodeId the registered node, once {@code state} is REGISTERED
 * @param remoteAddress where the request came from, for people who look at the list
 * @param reason why it was rejected, for the person at the machine; empty = somebody said no
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
        String reason) {

    /** One that was not refused for a reason. */
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
                "");
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

    public PendingLogin became(State newState, @Nullable NodeId node) {
        return new PendingLogin(
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
                newState,
                node);
    }

    /** Rejected, with a text for the person at the machine. */
    public PendingLogin refused(String why) {
        return new PendingLogin(
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
                State.REJECTED,
                null,
                why);
    }

    /** The same with another expiry. */
    public PendingLogin expiringAt(Instant expiry) {
        return new PendingLogin(
                id,
                machineKey,
                nodeKey,
                oldNodeKey,
                lockKey,
                hostinfo,
                ephemeral,
                expiry,
                createdAt,
                remoteAddress,
                state,
                nodeId,
                reason);
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
                wire.getReason());
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
