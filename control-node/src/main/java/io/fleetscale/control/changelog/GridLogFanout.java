package io.fleetscale.control.changelog;

import com.google.protobuf.InvalidProtocolBufferException;
import io.fleetscale.grid.EntryListener;
import io.fleetscale.grid.GridException;
import io.fleetscale.grid.Version;
import io.fleetscale.grid.VersionedCache;
import io.fleetscale.proto.grid.v1.LogRecord;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands committed records to the other instances through the grid's cache {@code log}, which holds the newest ones. A grid
 * that is away loses nothing: the records are read from the database then. Thread-safe.
 */
public final class GridLogFanout implements LogFanout {
    /** Records that the cache keeps: enough for an instance that lags by a burst. */
    private static final long KEPT_RECORDS = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(GridLogFanout.class);

    private final VersionedCache<Long> cache;

    public GridLogFanout(VersionedCache<Long> cache) {
        this.cache = cache;
    }

    @Override
    public void publish(LogRecord record) {
        try {
            cache.putIfNewer(record.getVersion(), Version.of(record.getVersion()), record.toByteString());
            if (record.getVersion() % KEPT_RECORDS == 0) {
                cache.removeOlder(Version.of(record.getVersion() - KEPT_RECORDS));
            }
        } catch (GridException e) {
            LOG.atDebug()
                    .addKeyValue("version", record.getVersion())
                    .setCause(e)
                    .log("log record not put into the grid");
        }
    }

    @Override
    public void subscribe(Consumer<LogRecord> consumer) {
        cache.listen(
                new EntryListener<>() {
                    @Override
                    public void changed(VersionedCache.Entry<Long> entry) {
                        if (!entry.tombstone()) {
                            deliver(entry, consumer);
                        }
                    }

                    @Override
                    public void removed(Long key) {
                        // old records leave the cache; who has not applied them reads the database
                    }

                    @Override
                    public void resynchronise() {
                        // all records that are there follow; the log's reader drops those it has applied
                    }
                },
                true);
    }

    private static void deliver(VersionedCache.Entry<Long> entry, Consumer<LogRecord> consumer) {
        try {
            consumer.accept(LogRecord.parseFrom(entry.payload()));
        } catch (InvalidProtocolBufferException e) {
            LOG.atWarn().addKeyValue("version", entry.key()).setCause(e).log("log record in the grid cannot be read");
        }
    }
}
