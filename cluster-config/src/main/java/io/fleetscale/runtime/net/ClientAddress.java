package io.fleetscale.runtime.net;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who the client is: the peer of the connection, or, if that is a trusted proxy, whom the proxy names. Immutable.
 *
 * <p>Order: {@code True-Client-IP}, {@code X-Real-IP}, then {@code X-Forwarded-For} from the right, first address that is
 * not a trusted proxy.
 */
public final class ClientAddress {
    private static final int MAX_FORWARDED = 64;
    private static final IpAddress UNKNOWN = IpAddress.v4(0);

    private final List<IpPrefix> trustedProxies;

    /** @throws IllegalArgumentException if a prefix holds every address: then anybody could forge one */
    public ClientAddress(List<IpPrefix> trustedProxies) {
        for (IpPrefix prefix : trustedProxies) {
            if (prefix.isAll()) {
                throw new IllegalArgumentException(
                        "trusted_proxies " + prefix + ": trusts everybody; name the addresses of your proxies");
            }
        }
        this.trustedProxies = List.copyOf(trustedProxies);
    }

    /** What a request says about its client. */
    public record Resolved(IpAddress address, boolean badHeader) {}

    public boolean isTrusted(IpAddress address) {
        for (IpPrefix prefix : trustedProxies) {
            if (prefix.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The address of a socket's peer; 0.0.0.0 for something that has none. */
    public static IpAddress of(@Nullable SocketAddress peer) {
        return peer instanceof InetSocketAddress inet && inet.getAddress() != null
                ? IpAddress.of(inet.getAddress()).unmap()
                : UNKNOWN;
    }

    /** @param peer the peer of the connection, or whom the PROXY protocol named */
    public Resolved resolve(IpAddress peer, HttpHeaders headers) {
        if (trustedProxies.isEmpty() || !isTrusted(peer)) {
            return new Resolved(peer, false);
        }
        boolean bad = false;
        for (String name : List.of("True-Client-IP", "X-Real-IP")) {
            String value = headers.get(name);
            if (value != null) {
                Optional<IpAddress> address = parse(value);
                if (address.isPresent()) {
                    return new Resolved(address.get(), bad);
                }
                bad = true;
            }
        }
        List<String> lines = headers.getAll("X-Forwarded-For");
        if (lines.isEmpty()) {
            return new Resolved(peer, bad);
        }
        String[] hops = String.join(",", lines).split(",", -1);
        IpAddress last = peer;
        for (int i = hops.length - 1; i >= Math.max(0, hops.length - MAX_FORWARDED); i--) {
            Optional<IpAddress> hop = parse(hops[i]);
            if (hop.isEmpty()) {
                return new Resolved(last, true); // everything left of it is worth nothing
            }
            last = hop.get();
            if (!isTrusted(last)) {
                return new Resolved(last, bad);
            }
        }
        return new Resolved(last, bad);
    }

    private static Optional<IpAddress> parse(String text) {
        try {
            return Optional.of(IpAddress.parse(text.strip()).unmap());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
