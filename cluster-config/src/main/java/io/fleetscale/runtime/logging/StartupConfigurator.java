package io.fleetscale.runtime.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * What logback starts with, found by the service loader: warnings as text on standard error. It holds until {@link
 * Logging#start}, so for the time in which the configuration is read, for the command line, and for tests.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_TOP_PRIORITY)
public final class StartupConfigurator extends ContextAwareBase implements Configurator {
    /** Called by the service loader. */
    public StartupConfigurator() {}

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        warningsToStandardError(context);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    static void warningsToStandardError(LoggerContext context) {
        Logging.setLevels(context, Level.WARN);
        context.getLogger(Logger.ROOT_LOGGER_NAME)
                .addAppender(Logging.appender(context, new FilteredEncoder(TextForm::format), System.err));
    }
}
