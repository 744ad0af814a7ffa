package io.fleetscale.control.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Opens the policy where it is stored, for commands that must do without a server. */
@FunctionalInterface
public interface PolicyDatabase {
    /**
     * Opens the database of a configuration; the caller closes it. Blocks.
     *
     * @param config the configuration file; null: the usual places decide
     * @throws Exception with a message for people
     */
    Opened open(@Nullable Path config) throws Exception;

    /** The policy in an opened database. All methods block and throw with a message for people. */
    interface Opened extends AutoCloseable {
        String get() throws Exception;

        /** As by a server: a refused one changes nothing, and servers that run take it over. */
        void set(String policy) throws Exception;

        /** Throws for a policy that would be refused. */
        void check(String policy) throws Exception;

        @Override
        void close();
    }
}
