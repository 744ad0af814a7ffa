package io.fleetscale.control.boot;

import io.fleetscale.config.FlowLogConfig;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.flowlog.FlowLog;
import io.fleetscale.control.flowlog.FlowLogIds;
import io.fleetscale.control.flowlog.FlowLogUploads;
import io.fleetscale.control.flowlog.FlowLogUploads.Outcome;
import io.fleetscale.control.flowlog.FlowLogWriter;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.runtime.Lifecycle;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Network flow logs of nodes: nothing at all where the configuration does not switch them on. */
final class FlowLogSide implements MeterBinder {
    private final @Nullable Parts parts;

    private record Parts(FlowLogIds ids, FlowLog log, FlowLogUploads uploads) {}

    private FlowLogSide(@Nullable Parts parts) {
        this.parts = parts;
    }

    /** Builds it; what writes belongs to {@code lifecycle}. */
    static FlowLogSide over(
            Lifecycle lifecycle, FlowLogConfig config, Storage storage, Changelog changelog, InstantSource clock) {
        if (!config.enabled()) {
            return new FlowLogSide(null);
        }
        FlowLogIds ids = new FlowLogIds(storage.keys().secretMac());
        FlowLog log = new FlowLog(storage.database().writeSource(), config.retention(), config.maxEntries());
        FlowLogWriter writer = new FlowLogWriter(log, clock);
        lifecycle.add("flow logs", writer::start, writer::close, ControlNode.STOP_LIMIT);
        return new FlowLogSide(new Parts(ids, log, new FlowLogUploads(changelog, ids, writer, System::nanoTime)));
    }

    /** The names under which nodes upload; absent: they do not. */
    @Nullable
    FlowLogIds ids() {
        Parts known = parts;
        return known == null ? null : known.ids();
    }

    @Nullable
    FlowLog log() {
        Parts known = parts;
        return known == null ? null : known.log();
    }

    void register(RouteTable.Builder routes) {
        Parts known = parts;
        if (known != null) {
            known.uploads().register(routes);
        }
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Parts known = parts;
        if (known == null) {
            return;
        }
        for (Outcome outcome : Outcome.values()) {
            FunctionCounter unused = FunctionCounter.builder(
                            "control.flow.log.uploads", known.uploads(), uploads -> uploads.count(outcome))
                    .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                    .description("Uploads of flow logs by clients")
                    .register(registry);
        }
    }
}
