package io.fleetscale.control.boot;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what kept a server from starting into one line for people; the details go to the log at debug level. */
final class StartFailure {
    private static final Logger LOG = LoggerFactory.getLogger(StartFailure.class);

    private StartFailure() {}

    static String describe(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        LOG.atDebug().setCause(failure).log("the server did not start");
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
