package io.fleetscale.grid;

import java.util.List;
import javax.sql.DataSource;

/** How the instances of a grid find each other. */
public sealed interface Discovery {
    /** Not at all: this instance is the only one, opens no port, and nobody can join it. */
    record Alone() implements Discovery {}

    /** By a list of {@code host:port} that is the same for all, the own one included. */
    record Addresses(List<String> addresses) implements Discovery {
        public Addresses {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * Over the database that the instances share.
     *
     * @param createTable whether to create the table {@code tbl_addrs} (hostname, port) when it is missing
     */
    record Database(DataSource dataSource, boolean createTable) implements Discovery {}
}
