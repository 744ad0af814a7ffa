package io.fleetscale.grid;

import java.util.List;
import org.apache.ignite.IgniteLogger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ignite's log in ours. What Ignite calls information is about its own inner life, so it comes out as debug; warnings and errors
 * keep their level.
 */
final class GridLogger implements IgniteLogger {
    /** How Ignite begins advice on settings that were chosen as they are: small, in memory, and evicting on purpose. */
    private static final List<String> ADVICE = List.of(
            "Please set system property",
            "Initial heap size is",
            "Message queue limit is set to 0",
            "Persistence store directory is in the temp directory",
            "Page-based evictions started",
            "Failure detection timeout will be ignored");

    /** Ignite always tries, even where management beans are switched off. */
    private static final String NO_MANAGEMENT_BEANS = "MBean for system view";

    private final Logger log;

    GridLogger() {
        this(LoggerFactory.getLogger("org.apache.ignite"));
    }

    private GridLogger(Logger log) {
        this.log = log;
    }

    @Override
    public IgniteLogger getLogger(@Nullable Object category) {
        if (category == null) {
            return new GridLogger();
        }
        return new GridLogger(
                category instanceof Class<?> type
                        ? LoggerFactory.getLogger(type)
                        : LoggerFactory.getLogger(category.toString()));
    }

    @Override
    public void trace(String message) {
        log.trace(message);
    }

    @Override
    public void debug(String message) {
        log.trace(message);
    }

    @Override
    public void info(String message) {
        log.debug(message);
    }

    @Override
    public void warning(String message, @Nullable Throwable cause) {
        if (cause == null && ADVICE.stream().anyMatch(message::startsWith)) {
            log.debug(message);
        } else {
            log.warn(message, cause);
        }
    }

    @Override
    public void error(String message, @Nullable Throwable cause) {
        if (message.startsWith(NO_MANAGEMENT_BEANS)) {
            log.trace(message);
        } else {
            log.error(message, cause);
        }
    }

    @Override
    public boolean isTraceEnabled() {
        return log.isTraceEnabled();
    }

    @Override
    public boolean isDebugEnabled() {
        return log.isTraceEnabled();
    }

    @Override
    public boolean isInfoEnabled() {
        return log.isDebugEnabled();
    }

    @Override
    public boolean isQuiet() {
        return false;
    }

    @Override
    public @Nullable String fileName() {
        return null;
    }
}
