package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.tailcfg.MapRequest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a running node.
 *
 * @param epoch of the session that wrote last
 * @param counter of the writes, assigned where the entry lives
 * @param endpoints in the client's order
 * @param homeDerp region, 0 while unknown
 * @param hostinfo JSON as the client sent it, empty while unknown
 * @param peerHostinfo the part of it that peers may see, empty while unknown
 * @param lastSeen when it went offline; absent while it never did
 * @param unresponsive it has a session but does not answer when it is asked to; of routers only
 */
public record Presence(
        long epoch,
        long counter,
        DiscoKey discoKey,
        List<MapRequest.Endpoint> endpoints,
        int homeDerp,
        int capabilityVersion,
        ByteString hostinfo,
        ByteString peerHostinfo,
        boolean online,
        @Nullable Instant lastSeen,
        boolean unresponsive) {
    /** Of a node that has not reported anything. */
    public static final Presence NONE =
            new Presence(0, 0, DiscoKey.ZERO, List.of(), 0, 0, ByteString.EMPTY, ByteString.EMPTY, false, null);

    /** One that answers, as far as anybody knows. */
    public Presence(
            long epoch,
            long counter,
            DiscoKey discoKey,
            List<MapRequest.Endpoint> endpoints,
            int homeDerp,
            int capabilityVersion,
            ByteString hostinfo,
            ByteString peerHostinfo,
            boolean online,
            @Nullable Instant lastSeen) {
        this(
                epoch,
                counter,
                discoKey,
                endpoints,
                homeDerp,
                capabilityVersion,
                hostinfo,
                peerHostinfo,
                online,
                lastSeen,
                false);
    }

    public Presence {
        endpoints = List.copyOf(endpoints);
    }

    /** Whether this was written after {@code other}. */
    public boolean isNewerThan(Presence other) {
        return epoch != other.epoch ? epoch > other.epoch : counter > other.counter;
    }
}
