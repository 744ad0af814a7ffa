package io.fleetscale.control.cli;

/** What a command does. */
@FunctionalInterface
public interface CliAction {
    /**
     * @return the exit code
     * @throws CliFailure with the text to show after {@code Error: }
     */
    int run(Invocation invocation);
}
