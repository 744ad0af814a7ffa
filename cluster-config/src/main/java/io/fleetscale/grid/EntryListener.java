package io.fleetscale.grid;

/**
 * Hears of the entries of one cache, on one thread. An entry that is told once more without a change does no harm.
 */
public interface EntryListener<K, E> {
    /** This is what the entry is now. */
    void changed(E entry);

    /** An entry was removed or has ended; tombstones are not removals but come as {@link #changed}. */
    void removed(K key);

    /** What was told so far may be incomplete: all entries that are there follow now as {@link #changed}. */
    void resynchronise();

    /** All entries that were there were told; who was told before {@link #resynchronise} and not since is gone. */
    default void resynchronised() {}
}
