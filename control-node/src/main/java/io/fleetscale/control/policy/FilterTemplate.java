package io.fleetscale.control.policy;

import java.util.Comparator;
import java.util.List;

/** The packet filter that the nodes of one class share. Immutable and thread-safe. */
public final class FilterTemplate {
    public static final FilterTemplate NOTHING = new FilterTemplate(List.of());

    private final List<FilterChunk> chunks;
    private final FilterVersion.Manifest manifest;

    /** @param chunks in any order, names unique */
    public FilterTemplate(List<FilterChunk> chunks) {
        this.chunks =
                chunks.stream().sorted(Comparator.comparing(FilterChunk::name)).toList();
        this.manifest = FilterVersion.Manifest.of(this.chunks);
    }

    /** By name. */
    public List<FilterChunk> chunks() {
        return chunks;
    }

    FilterVersion.Manifest manifest() {
        return manifest;
    }

    /** Whether nodes with the same addresses hold the same with both. */
    public boolean isSameAs(FilterTemplate other) {
        return this == other || manifest.equals(other.manifest);
    }
}
