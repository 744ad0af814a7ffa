package io.fleetscale.control.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.cli.CommandLine.Ran;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names where numbers are taken, numbers where names are, and nothing that fits two. */
@SuppressWarnings("NullAway.Init")
class NamesTest {
    @TempDir
    Path directory;

    private CommandLine line;

    @BeforeEach
    void start() throws IOException {
        line = new CommandLine(directory);
        succeeds("users", "create", "alice");
        succeeds("users", "create", "bob");
    }

    @AfterEach
    void stop() {
        line.close();
    }

    private String succeeds(String... arguments) {
        Ran ran = line.run(arguments);
        assertThat(ran.code())
                .as(String.join(" ", arguments) + ": " + ran.err())
                .isZero();
        return ran.out();
    }

    private String fails(String... arguments) {
        Ran ran = line.run(arguments);
        assertThat(ran.code()).as(String.join(" ", arguments)).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        return ran.err();
    }

    @Test
    void usersByNumberWhereTheServerTakesNames() {
        line.administration.pend("alice", CommandLine.AUTH_ID, "Laptop");
        succeeds("auth", "register", "--auth-id", CommandLine.AUTH_ID, "--user", "1");
        String other = "hskey-authreq-" + "b".repeat(24);
        succeeds("debug", "create-node", "--name", "Phone", "-u", "2", "-k", other);
        succeeds("nodes", "register", "-u", "2", "-k", other);
        assertThat(succeeds("nodes", "list", "--user", "1")).contains("laptop").doesNotContain("phone");
        assertThat(succeeds("nodes", "list", "--user", "bob")).contains("phone").doesNotContain("laptop");
        assertThat(fails("nodes", "list", "--user", "77")).contains("user not found");
    }

    /** The server takes a name made of digits; the name comes first, as it did before numbers were taken. */
    @Test
    void aNameOfDigitsIsAName() {
        succeeds("users", "create", "1");
        line.administration.pend("1", CommandLine.AUTH_ID, "Odd");
        succeeds("auth", "register", "--auth-id", CommandLine.AUTH_ID, "--user", "1");
        assertThat(succeeds("nodes", "list", "--user", "1", "-o", "json")).contains("\"name\": \"1\"");
    }

    @Test
    void ambiguousNamesAreRefusedWithTheNumbers() {
        for (char letter : new char[] {'c', 'd'}) {
            String key = "hskey-authreq-" + String.valueOf(letter).repeat(24);
            line.administration.pend("alice", key, "Twin");
            line.administration.register("alice", key);
        }
        // both call themselves Twin, but only one is named twin
        assertThat(succeeds("nodes", "rename", "first", "-i", "twin")).isEqualTo("Node renamed\n");
        succeeds("nodes", "rename", "second", "-i", "twin-1");
        assertThat(fails("nodes", "expire", "-i", "twin"))
                .isEqualTo("Error: node \"twin\" is ambiguous, give a number: 1, 2\n");
    }

    @Test
    void keysByNumberPrefixMaskAndWhole() {
        for (int way = 0; way < 5; way++) {
            String key = succeeds("preauthkeys", "create", "-u", "alice").strip();
            String prefix = key.substring("hskey-auth-".length(), "hskey-auth-".length() + 12);
            String id = List.of(String.valueOf(way + 1), prefix, "hskey-auth-" + prefix + "-***", key, key)
                    .get(way);
            assertThat(way == 4 ? succeeds("authkeys", "expire", id) : succeeds("authkeys", "expire", "--id", id))
                    .isEqualTo("Key expired\n");
        }
        assertThat(succeeds("preauthkeys", "list")).doesNotContain("2026-06-01 13:00:00");
        assertThat(fails("preauthkeys", "expire", "--id", "abc")).isEqualTo("Error: pre-auth key not found\n");

        String key = succeeds("apikeys", "create").strip();
        String prefix = key.substring("hskey-api-".length(), "hskey-api-".length() + 12);
        assertThat(succeeds("apikeys", "expire", "--id", prefix)).isEqualTo("Key expired\n");
        assertThat(succeeds("apikeys", "expire", "--prefix", key)).isEqualTo("Key expired\n");
        assertThat(succeeds("apikeys", "expire", "--id", "hskey-api-" + prefix + "-***"))
                .isEqualTo("Key expired\n");
        assertThat(fails("apikeys", "delete", "--id", "nothing")).contains("record not found");
        assertThat(succeeds("apikeys", "delete", "--id", "1")).isEqualTo("Key deleted\n");
    }

    /** The manual page has routes by prefix, by node, or by both. */
    @Test
    void routesOfOneNodeWithoutNamingThem() {
        line.administration.pend("alice", CommandLine.AUTH_ID, "Router");
        line.administration.register("alice", CommandLine.AUTH_ID);
        succeeds("nodes", "approve-routes", "-i", "router", "-r", "10.0.0.0/8,192.168.0.0/16");
        assertThat(fails("routes", "enable")).contains("route");
        assertThat(fails("routes", "disable", "--id", "99")).isEqualTo("Error: node 99 not found\n");
        assertThat(succeeds("routes", "disable", "--id", "router")).isEqualTo("Routes disabled\n");
        assertThat(succeeds("routes", "list")).isEqualTo("ID | Hostname | Approved | Available | Serving (Primary)\n");
    }

    @Test
    void completionWithoutDescriptions() {
        assertThat(succeeds("completion", "fish")).contains(" -d '");
        assertThat(succeeds("completion", "fish", "--no-descriptions"))
                .contains("backfillips")
                .doesNotContain(" -d '");
    }
}
