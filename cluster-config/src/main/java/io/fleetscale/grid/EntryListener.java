package io.fleetscale.grid;

/**
 * Hears of the entries of one cache, on one thread.
 *
 * <p>Around a resynchronisation an entry may be told twice, or an older state of it after a newer one: compare the versions,
 * epochs or counters that the entries carry.
 */
public interface EntryListener<K, E> {
    /** An entry is new or different. */
    void changed(E entry);

    /** An entry was removed or ended; tombstones are not removals but come as {@link #changed}. */
    void removed(K key);

    /** What was told so far may be incomplete: all entries that are there follow now as {@link #changed}. */
    void resynchronise();

    /** All entries that were there were told; who was told before {@link #resynchronise} and not since is gone. */
    default void resynchronised() {}
}
