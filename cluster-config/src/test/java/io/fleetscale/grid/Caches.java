package io.fleetscale.grid;

import com.google.protobuf.ByteString;
import java.util.List;

/** The caches of the tests. */
final class Caches {
    static final CacheDefinition<VersionedCache<Long>> NODES = CacheDefinition.versionedByNumber("nodes");
    static final CacheDefinition<VersionedCache<String>> KEYS = CacheDefinition.versionedByText("keys");
    static final CacheDefinition<EpochCache> SESSIONS = CacheDefinition.epochs("sessions");
    static final CacheDefinition<CountedCache> PRESENCE = CacheDefinition.counted("presence");
    static final CacheDefinition<TransientCache> PENDING = CacheDefinition.transients("pending");
    static final CacheDefinition<ContentCache> COMPILED = CacheDefinition.content("compiled");
    static final List<CacheDefinition<?>> ALL = List.of(NODES, KEYS, SESSIONS, PRESENCE, PENDING, COMPILED);

    private Caches() {}

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
