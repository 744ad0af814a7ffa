package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;

/**
 * What a source expression denotes at one time, in buckets by node. Immutable. Source: policy 11.6.
 *
 * @param count how many texts it prints
 * @param fingerprint sum of the hashes of the texts
 * @param lists one for each bucket, a power of two of them
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SourceSet(int count, Fingerprint fingerprint, SourceList[] lists) {
    boolean isEmpty() {
        return count == 0;
    }

    static int bucketOf(long node, int buckets) {
        return (int) (node & buckets - 1);
    }
}
