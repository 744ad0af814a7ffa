package io.fleetscale.control.boot;

import io.fleetscale.config.RetentionConfig;
import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.changelog.LogRetention;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.presence.JdbcPresenceStore;
import io.fleetscale.control.retention.Retention;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.metrics.Metrics;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Which rows are deleted when they are old, by the configuration. */
final class OldRows {
    private OldRows() {}

    static void start(
            Lifecycle lifecycle,
            RetentionConfig keep,
            Database database,
            BooleanSupplier elected,
            Metrics metrics,
            InstantSource clock) {
        Retention retention = new Retention(
                database,
                elected,
                Map.of(
                        "log",
                        (connection, atMost) -> LogRetention.delete(connection, keep.log(), atMost),
                        "audit-log",
                        (connection, atMost) ->
                                AuditLog.trim(connection, clock.instant().minus(keep.auditLog()), atMost),
                        "presence",
                        JdbcPresenceStore::deleteOrphans));
        retention.bindTo(metrics.registry());
        lifecycle.add("retention", retention::start, retention::close, ControlNode.STOP_LIMIT);
    }
}
