package io.fleetscale.control.policy;

import io.fleetscale.wire.ip.IpAddress;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a session remembers of the packet filter that it sent: small, and most of it shared by all sessions of the class. It
 * holds no filter alive. Immutable.
 */
public final class FilterVersion {
    private final Manifest manifest;
    private final @Nullable IpAddress ipv4;
    private final @Nullable IpAddress ipv6;

    FilterVersion(Manifest manifest, @Nullable IpAddress ipv4, @Nullable IpAddress ipv6) {
        this.manifest = manifest;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
    }

    Manifest manifest() {
        return manifest;
    }

    boolean hasAddresses(@Nullable IpAddress four, @Nullable IpAddress six) {
        return Objects.equals(ipv4, four) && Objects.equals(ipv6, six);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FilterVersion that && that.hasAddresses(ipv4, ipv6) && that.manifest.equals(manifest);
    }

    @Override
    public int hashCode() {
        return Objects.hash(manifest, ipv4, ipv6);
    }

    /** Names, ascending, and the version of each. */
    record Manifest(List<String> names, List<Fingerprint> versions) {
        static Manifest of(List<FilterChunk> chunks) {
            return new Manifest(
                    chunks.stream().map(FilterChunk::name).toList(),
                    chunks.stream().map(FilterChunk::version).toList());
        }

        /** The version of a chunk, or null if there is none of this name. */
        @Nullable
        Fingerprint versionOf(String name) {
            int at = Collections.binarySearch(names, name);
            return at < 0 ? null : versions.get(at);
        }
    }
}
