package io.fleetscale.control.login;

import com.google.protobuf.ByteString;
import io.fleetscale.grid.EntryListener;
import io.fleetscale.grid.GridException;
import io.fleetscale.grid.TransientCache;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes waiters on all instances through the grid's cache {@code pending}. The entry says only that a login was decided;
 * how is in the database. Thread-safe.
 */
public final class GridLoginSignals {
    private static final Logger LOG = LoggerFactory.getLogger(GridLoginSignals.class);
    private static final String KEY_PREFIX = "login/";
    private static final ByteString DECIDED = ByteString.copyFromUtf8("decided");
    private static final Duration TIME_TO_LIVE = Duration.ofMinutes(1);

    private GridLoginSignals() {}

    /**
     * @param blocking runs writes of the grid: virtual threads
     */
    public static LoginSignals over(TransientCache cache, Executor blocking) {
        LocalLoginSignals local = new LocalLoginSignals(id -> blocking.execute(() -> tell(cache, id)));
        cache.listen(
                new EntryListener<>() {
                    @Override
                    public void changed(TransientCache.Entry entry) {
                        if (entry.key().startsWith(KEY_PREFIX)) {
                            local.wake(AuthId.parse(entry.key().substring(KEY_PREFIX.length())));
                        }
                    }

                    @Override
                    public void removed(String key) {
                        // the entry has done its work
                    }

                    @Override
                    public void resynchronise() {
                        // signals are hints: waiters look at the database after a while anyway
                    }
                },
                true);
        return local;
    }

    private static void tell(TransientCache cache, AuthId id) {
        try {
            cache.put(KEY_PREFIX + id.text(), DECIDED, TIME_TO_LIVE);
        } catch (GridException e) {
            LOG.atDebug().setCause(e).log("a decided login was not told to the other instances");
        }
    }
}
