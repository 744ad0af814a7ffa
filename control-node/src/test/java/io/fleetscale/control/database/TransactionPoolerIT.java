package io.fleetscale.control.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.database.DatabaseException.Fault;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.testing.TransactionPooler;
import java.net.InetSocketAddress;
import java.net.URI;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Behind a transaction pooler LISTEN hears nothing, so that instances would learn of writes a second late: refused. */
@Timeout(60)
class TransactionPoolerIT {
    @Test
    void isRefusedAtTheStartWithWhatToDo() throws Exception {
        DatabaseConfig direct = TestDatabase.fresh();
        URI url = URI.create(direct.url().substring("jdbc:".length()));
        try (TransactionPooler pooler = new TransactionPooler(new InetSocketAddress(url.getHost(), url.getPort()))) {
            DatabaseConfig pooled = DatabaseConfig.of(
                    "jdbc:postgresql://127.0.0.1:" + pooler.port() + url.getPath(), direct.user(), direct.password());
            try (Connection connection = Database.connect(pooled, "test");
                    Statement statement = connection.createStatement()) {
                // the pooler is one that works
                assertThat(statement.executeQuery("SELECT 1").next()).isTrue();
            }
            assertThatThrownBy(() -> Database.open(pooled)).isInstanceOfSatisfying(DatabaseException.class, refused -> {
                assertThat(refused.fault()).isEqualTo(Fault.UNSUITABLE_SERVER);
                assertThat(refused.getMessage()).contains("is behind a transaction pooler (LISTEN does not work)");
                assertThat(refused.remedy()).contains("session mode");
            });
        }
    }
}
