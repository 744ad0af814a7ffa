package io.fleetscale.runtime.logging;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.jul.LevelChangePropagator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import io.fleetscale.config.LogConfig;
import java.io.OutputStream;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The log of this process. {@link #start} replaces whatever logged before; {@link #close} writes what is still queued.
 *
 * <p>Events go through a bounded queue to one writing thread, so that a log that nobody reads never holds up an event
 * loop: when the queue is full, events are dropped.
 */
public final class Logging implements AutoCloseable {
    private static final int QUEUED_EVENTS = 8192;
    private static final int FLUSH_MILLIS = 1000;

    /** Libraries that tell much: they are heard one level later than the program itself. */
    private static final List<String> LIBRARIES = List.of(
            "org.apache.ignite",
            "org.flywaydb",
            "org.postgresql",
            "com.zaxxer",
            "io.netty",
            "io.grpc",
            "org.bouncycastle");

    private final LoggerContext context;
    private final Appender<ILoggingEvent> queue;

    private Logging(LoggerContext context, Appender<ILoggingEvent> queue) {
        this.context = context;
        this.queue = queue;
    }

    /** Starts the log of the process: text to standard error, JSON to standard output. */
    public static Logging start(LogConfig config) {
        return start(config, System.out, System.err);
    }

    /** As {@link #start(LogConfig)}, with other streams in place of the standard ones; they are never closed. */
    static Logging start(LogConfig config, OutputStream out, OutputStream err) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        Appender<ILoggingEvent> target = switch (config.format()) {
            case TEXT -> appender(context, new FilteredEncoder(TextForm::format), err);
            case JSON -> appender(context, new FilteredEncoder(JsonForm::format), out);
        };
        setLevels(context, level(config.level()));
        Appender<ILoggingEvent> queue = queued(context, target);
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(queue);
        bridgeJavaLogging(context);
        return new Logging(context, queue);
    }

    /** Sets the level of one logger, for switches such as {@code database.debug}. */
    public void setLevel(String logger, LogConfig.Level level) {
        context.getLogger(logger).setLevel(level(level));
    }

    /** Writes queued events, at most for a second, and goes back to what {@link StartupConfigurator} set up. */
    @Override
    public void close() {
        SLF4JBridgeHandler.uninstall();
        queue.stop();
        context.reset();
        StartupConfigurator.warningsToStandardError(context);
    }

    /** A synchronous appender that writes to {@code stream} and leaves it open. */
    static Appender<ILoggingEvent> appender(LoggerContext context, FilteredEncoder encoder, OutputStream stream) {
        encoder.setContext(context);
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        appender.setContext(context);
        appender.setName("stream");
        appender.setEncoder(encoder);
        appender.setOutputStream(new UnclosedStream(stream));
        appender.start();
        return appender;
    }

    /** Sets the root level, and that of talkative libraries one step higher. */
    static void setLevels(LoggerContext context, Level level) {
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(level);
        Level later = switch (level.toInt()) {
            case Level.TRACE_INT -> Level.DEBUG;
            case Level.DEBUG_INT -> Level.INFO;
            case Level.INFO_INT -> Level.WARN;
            default -> level;
        };
        LIBRARIES.forEach(library -> context.getLogger(library).setLevel(later));
    }

    private static Appender<ILoggingEvent> queued(LoggerContext context, Appender<ILoggingEvent> target) {
        AsyncAppender queue = new AsyncAppender();
        queue.setContext(context);
        queue.setName("queue");
        queue.setQueueSize(QUEUED_EVENTS);
        queue.setDiscardingThreshold(0);
        queue.setNeverBlock(true);
        queue.setMaxFlushTime(FLUSH_MILLIS);
        queue.addAppender(target);
        queue.start();
        return queue;
    }

    /** Java's own logging ends up here, and costs nothing for events that are not wanted. */
    private static void bridgeJavaLogging(LoggerContext context) {
        LevelChangePropagator propagator = new LevelChangePropagator();
        propagator.setContext(context);
        propagator.setResetJUL(true);
        propagator.start();
        context.addListener(propagator);
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    /** Nothing is more severe than ERROR here, so the two words beyond it mean ERROR too. */
    private static Level level(LogConfig.Level level) {
        return switch (level) {
            case TRACE -> Level.TRACE;
            case DEBUG -> Level.DEBUG;
            case INFO -> Level.INFO;
            case WARN -> Level.WARN;
            case ERROR, FATAL, PANIC -> Level.ERROR;
            case DISABLED -> Level.OFF;
        };
    }
}
