package io.fleetscale.control.relay;

import com.google.protobuf.ByteString;
import io.fleetscale.grid.GridException;
import io.fleetscale.grid.TransientCache;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Heartbeats in the grid's cache of passing values. Thread-safe. */
public final class CachedRelayGrid implements RelayGrid {
    private static final Logger LOG = LoggerFactory.getLogger(CachedRelayGrid.class);
    private static final String KEY_PREFIX = "relay/";
    private static final Duration TIME_TO_LIVE = Duration.ofSeconds(30);

    private final TransientCache cache;

    public CachedRelayGrid(TransientCache cache) {
        this.cache = cache;
    }

    @Override
    public void show(RelayReport report) {
        try {
            cache.put(KEY_PREFIX + report.member().name(), ByteString.copyFromUtf8(report.toJson()), TIME_TO_LIVE);
        } catch (GridException e) {
            LOG.atDebug().setCause(e).log("a heartbeat of a relay was not shown to the other instances");
        }
    }

    @Override
    public Optional<List<RelayReport>> shown() {
        try {
            List<RelayReport> reports = new ArrayList<>();
            for (TransientCache.Entry entry : cache.entries()) {
                if (entry.key().startsWith(KEY_PREFIX)) {
                    reports.add(RelayReport.parse(entry.payload().toStringUtf8()));
                }
            }
            return Optional.of(reports);
        } catch (GridException | IllegalArgumentException e) {
            LOG.atDebug().setCause(e).log("heartbeats of relays at other instances are not known");
            return Optional.empty();
        }
    }
}
