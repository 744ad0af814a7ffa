package io.fleetscale.control.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.cli.PolicyDatabase;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The policy without a server. */
@Timeout(120)
class PolicyInDatabaseIT {
    private static final String GOOD = "{ // nobody\n \"acls\": [], }";

    @TempDir
    Path directory;

    @Test
    void isReadWrittenAndChecked() throws Exception {
        DatabaseConfig database = TestDatabase.fresh();
        try (PolicyDatabase.Opened policy = PolicyInDatabase.open(ServerConfig.defaults(), database)) {
            assertThatThrownBy(policy::get).hasMessage("loading ACL from database: acl policy not found");
            policy.set(GOOD);
            assertThatThrownBy(() -> policy.set("{\"aclz\": []}"))
                    .hasMessageContaining("unknown field: \"aclz\", did you mean \"acls\"?");
            assertThatThrownBy(() ->
                            policy.check("{\"acls\": [], \"tests\": [{\"src\": \"a@b.c\", \"accept\": [\"x:1\"]}]}"))
                    .hasMessageContaining("test(s) failed");
            policy.check("{}");
        }
        try (PolicyDatabase.Opened policy = PolicyInDatabase.open(ServerConfig.defaults(), database)) {
            assertThat(policy.get()).isEqualTo(GOOD);
        }
    }

    @Test
    void aConfigurationThatCannotBeUsedIsNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("wrong.yaml"), "database: {type: postgres");
        assertThatThrownBy(() -> PolicyInDatabase.open(file))
                .hasMessageStartingWith("loading config:")
                .hasMessageContaining("wrong.yaml");
    }
}
