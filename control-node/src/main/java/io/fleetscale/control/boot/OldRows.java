package io.fleetscale.control.boot;

import io.fleetscale.config.RetentionConfig;
import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.changelog.LogRetention;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.flowlog.FlowLog;
import io.fleetscale.control.presence.JdbcPresenceStore;
import io.fleetscale.control.retention.Retention;
import io.fleetscale.control.retention.Sweep;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.metrics.Metrics;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Which rows are deleted when they are old, by the configuration. */
final class OldRows {
    private OldRows() {}

    static void start(
            Lifecycle lifecycle,
            RetentionConfig keep,
            Database database,
            @Nullable FlowLog flowLog,
            BooleanSupplier elected,
            Metrics metrics,
            InstantSource clock) {
        Map<String, Sweep> sweeps = new HashMap<>(Map.of(
                "log",
                (connection, atMost) -> LogRetention.delete(connection, keep.log(), atMost),
                "audit-log",
                (connection, atMost) ->
                        AuditLog.trim(connection, clock.instant().minus(keep.auditLog()), atMost),
                "presence",
                JdbcPresenceStore::deleteOrphans));
        if (flowLog != null) {
            sweeps.put("flow-log", (connection, atMost) -> flowLog.trim(connection, clock.instant(), atMost));
        }
        Retention retention = new Retention(database, elected, sweeps);
        retention.bindTo(metrics.registry());
        lifecycle.add("retention", retention::start, retention::close, ControlNode.STOP_LIMIT);
    }
}
