package io.fleetscale.grid;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;

/**
 * Values named by a digest of all they are made of: whoever needs one looks here before computing it. Its memory forgets entries
 * when it is full and after a time, and losing one is a miss, nothing worse. The layout is one byte, 5, and the payload.
 */
public final class ContentCache extends GridCache<String, ContentCache.Entry> {
    private static final byte FORMAT = 5;
    private static final int HEADER_BYTES = 1;

    /** A value and the digest that names it. */
    public record Entry(String key, ByteString payload) {}

    ContentCache(Handle handle) {
        super(handle);
    }

    /** Stores a value unless there is one, which is then the same; answers whether it did. */
    public boolean put(String digest, ByteString payload) {
        byte[] value = new byte[HEADER_BYTES + payload.size()];
        value[0] = FORMAT;
        payload.copyTo(value, HEADER_BYTES);
        return call(cache -> cache.putIfAbsent(digest, value));
    }

    @Override
    Entry show(String key, byte[] value) {
        return new Entry(key, UnsafeByteOperations.unsafeWrap(value, HEADER_BYTES, value.length - HEADER_BYTES));
    }
}
