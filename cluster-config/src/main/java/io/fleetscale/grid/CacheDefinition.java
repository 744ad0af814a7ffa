package io.fleetscale.grid;

import java.util.Objects;

/**
 * Names a cache and says what kind it is; also the key by which {@link Grid#cache} hands it out.
 *
 * @param <C> the kind of cache
 */
public final class CacheDefinition<C extends GridCache<?, ?>> {
    /** How a write is acknowledged. */
    enum Acknowledged {
        /** By the owner of the entry; the others follow. */
        BY_OWNER,
        /** By every member. */
        BY_ALL
    }

    /** Which memory the entries live in. */
    enum Region {
        STATE,
        CONTENT
    }

    /** Makes the facade of a cache. */
    @FunctionalInterface
    interface Facade<C> {
        C over(GridCache.Handle handle);
    }

    private final String name;
    private final Acknowledged acknowledged;
    private final Region region;
    private final Facade<C> facade;

    private CacheDefinition(String name, Acknowledged acknowledged, Region region, Facade<C> facade) {
        this.name = Objects.requireNonNull(name, "name is null");
        this.acknowledged = acknowledged;
        this.region = region;
        this.facade = facade;
    }

    /** Values with versions under numbers. */
    public static CacheDefinition<VersionedCache<Long>> versionedByNumber(String name) {
        return new CacheDefinition<>(name, Acknowledged.BY_OWNER, Region.STATE, VersionedCache::new);
    }

    /** Values with versions under texts. */
    public static CacheDefinition<VersionedCache<String>> versionedByText(String name) {
        return new CacheDefinition<>(name, Acknowledged.BY_OWNER, Region.STATE, VersionedCache::new);
    }

    /** Values owned by an epoch; every member has a write before it is acknowledged. */
    public static CacheDefinition<EpochCache> epochs(String name) {
        return new CacheDefinition<>(name, Acknowledged.BY_ALL, Region.STATE, EpochCache::new);
    }

    /** Numbered fields under an (epoch, counter). */
    public static CacheDefinition<CountedCache> counted(String name) {
        return new CacheDefinition<>(name, Acknowledged.BY_OWNER, Region.STATE, CountedCache::new);
    }

    /** Values that end by themselves; every member has a write before it is acknowledged. */
    public static CacheDefinition<TransientCache> transients(String name) {
        return new CacheDefinition<>(name, Acknowledged.BY_ALL, Region.STATE, TransientCache::new);
    }

    /** Values named by what they are made of, in memory that forgets old ones when it is full. */
    public static CacheDefinition<ContentCache> content(String name) {
        return new CacheDefinition<>(name, Acknowledged.BY_OWNER, Region.CONTENT, ContentCache::new);
    }

    public String name() {
        return name;
    }

    Acknowledged acknowledged() {
        return acknowledged;
    }

    Region region() {
        return region;
    }

    C facade(GridCache.Handle handle) {
        return facade.over(handle);
    }

    @Override
    public String toString() {
        return name;
    }
}
