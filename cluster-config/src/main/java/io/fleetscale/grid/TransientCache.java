package io.fleetscale.grid;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.cache.expiry.ModifiedExpiryPolicy;
import org.apache.ignite.IgniteCache;

/** Values that end by themselves, each after a time of its own. The layout is one byte, 4, and the payload. */
public final class TransientCache extends GridCache<String, TransientCache.Entry> {
    private static final byte FORMAT = 4;
    private static final int HEADER_BYTES = 1;

    /** A value that has not ended yet. */
    public record Entry(String key, ByteString payload) {}

    TransientCache(Handle handle) {
        super(handle);
    }

    /** Stores a value; its time begins anew with every write. */
    public void put(String key, ByteString payload, Duration timeToLive) {
        call(cache -> {
            ending(cache, timeToLive).put(key, encode(payload));
            return true;
        });
    }

    /** Stores a value unless there is one; answers whether it did. */
    public boolean putIfAbsent(String key, ByteString payload, Duration timeToLive) {
        return call(cache -> ending(cache, timeToLive).putIfAbsent(key, encode(payload)));
    }

    /** Replaces a value if it is still the expected one; answers whether it did. */
    public boolean replace(String key, ByteString expected, ByteString payload, Duration timeToLive) {
        return call(cache -> ending(cache, timeToLive).replace(key, encode(expected), encode(payload)));
    }

    /** Removes a value and hands it out, to one caller only. */
    public Optional<Entry> take(String key) {
        byte[] value = call(cache -> cache.getAndRemove(key));
        return value == null ? Optional.empty() : Optional.of(show(key, value));
    }

    /** Removes a value; answers whether there was one. */
    public boolean remove(String key) {
        return call(cache -> cache.remove(key));
    }

    @Override
    Entry show(String key, byte[] value) {
        return new Entry(key, UnsafeByteOperations.unsafeWrap(value, HEADER_BYTES, value.length - HEADER_BYTES));
    }

    private static IgniteCache<String, byte[]> ending(IgniteCache<String, byte[]> cache, Duration timeToLive) {
        if (timeToLive.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("time to live " + timeToLive + ": must be at least a millisecond");
        }
        return cache.withExpiryPolicy(new ModifiedExpiryPolicy(
                new javax.cache.expiry.Duration(TimeUnit.MILLISECONDS, timeToLive.toMillis())));
    }

    private static byte[] encode(ByteString payload) {
        byte[] value = new byte[HEADER_BYTES + payload.size()];
        value[0] = FORMAT;
        payload.copyTo(value, HEADER_BYTES);
        return value;
    }
}
