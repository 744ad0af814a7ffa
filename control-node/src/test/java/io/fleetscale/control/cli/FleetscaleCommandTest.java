package io.fleetscale.control.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.Secret;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.control.cli.CommandLine.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SuppressWarnings("NullAway.Init")
class FleetscaleCommandTest {
    private static final String AUTH_ID = CommandLine.AUTH_ID;

    @TempDir
    Path directory;

    private CommandLine line;
    private MemoryAdministration administration;

    @BeforeEach
    void start() throws IOException {
        line = new CommandLine(directory);
        administration = line.administration;
    }

    @AfterEach
    void stop() {
        line.close();
    }

    private Path socket() {
        return line.socket();
    }

    private Ran runWith(String input, CliSettings.Source settings, String... arguments) {
        return line.run(input, settings, arguments);
    }

    private Ran run(String... arguments) {
        return line.run(arguments);
    }

    private void succeeds(String out, String... arguments) {
        assertThat(run(arguments)).isEqualTo(new Ran(0, out, ""));
    }

    private void fails(String err, String... arguments) {
        assertThat(run(arguments)).isEqualTo(new Ran(1, "", err));
    }

    private void registerNode() {
        succeeds("User created\n", "users", "create", "alice");
        succeeds("Node created\n", "debug", "create-node", "--name", "Laptop", "-u", "alice", "-k", AUTH_ID);
        succeeds("Node laptop registered\n", "auth", "register", "--auth-id", AUTH_ID, "--user", "alice");
    }

    @Test
    void rolesAreSetByNameOrNumberAndListed() {
        run("users", "create", "alice");
        run("users", "create", "bob");

        succeeds("bob is network-admin now\n", "users", "set-role", "bob", "network-admin");
        succeeds("bob is owner now\n", "users", "set-role", "2", "owner");
        assertThat(run("users", "roles").out()).contains("alice", "admin", "bob", "owner");
        succeeds("""
                [
                \t{
                \t\t"user_id": 1,
                \t\t"user": "alice",
                \t\t"role": "admin"
                \t},
                \t{
                \t\t"user_id": 2,
                \t\t"user": "bob",
                \t\t"role": "owner"
                \t}
                ]
                """, "users", "roles", "-o", "json");
        Ran refused = run("users", "set-role", "bob", "member");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("make another user owner first");
        assertThat(run("users", "set-role", "alice", "king").err()).contains("king", "owner", "billing-admin");
        assertThat(run("users", "set-role", "carol", "admin").err()).contains("user not found");
    }

    @Test
    void usersInAllForms() {
        succeeds("[]\n", "users", "list", "-o", "json");
        succeeds("[]\n\n", "users", "list", "--output=yaml");
        succeeds("User created\n", "user", "new", "alice", "-d", "Alice <&>", "--email=a@example.com");
        succeeds("""
                ID | Name      | Username | Email         | Created
                1  | Alice <&> | alice    | a@example.com | 2026-06-01 12:00:00
                """, "users", "ls");
        succeeds(
                "[{\"id\":1,\"name\":\"alice\",\"created_at\":{\"seconds\":1780315200,\"nanos\":5000},"
                        + "\"display_name\":\"Alice \\u003c\\u0026\\u003e\",\"email\":\"a@example.com\"}]\n",
                "-o",
                "json-line",
                "users",
                "list");
        succeeds(
                "[\n\t{\n\t\t\"id\": 1,\n\t\t\"name\": \"alice\",\n\t\t\"created_at\": {\n\t\t\t\"seconds\": 1780315200,"
                        + "\n\t\t\t\"nanos\": 5000\n\t\t},\n\t\t\"display_name\": \"Alice \\u003c\\u0026\\u003e\","
                        + "\n\t\t\"email\": \"a@example.com\"\n\t}\n]\n",
                "users",
                "list",
                "-o",
                "json");
        succeeds("""
                - id: 1
                  name: alice
                  createdat:
                    seconds: 1780315200
                    nanos: 5000
                  displayname: "Alice \\u003c\\u0026\\u003e"
                  email: a@example.com
                  providerid: ""
                  provider: ""
                  profilepicurl: ""

                """, "users", "list", "-o", "yaml");
        succeeds("User renamed\n", "users", "mv", "-n", "alice", "-r", "eve");
        succeeds("User renamed\n", "users", "rename", "-i", "eve", "--new-name", "mallory");
        fails("Error: user \"9\" not found\n", "users", "rename", "-i", "9", "-r", "x");
        fails("Error: --name or --identifier flag is required\n", "users", "destroy");
        assertThat(run("users", "create", "mallory").err())
                .startsWith("Error: creating user: rpc error: code = AlreadyExists desc = creating user: ");
        fails("Error: missing parameters\n", "users", "create");
    }

    @Test
    void listsOfNodesHaveTheSameFormHoweverLongTheyAre() {
        succeeds("[]\n", "nodes", "list", "-o", "json");
        succeeds("[]\n", "nodes", "list", "-o", "json-line");
        succeeds("[]\n\n", "nodes", "list", "-o", "yaml");
        registerNode();
        int nodes = 450; // more than two pages
        for (int i = 2; i <= nodes; i++) {
            String key = "hskey-authreq-" + String.format("%024d", i);
            administration.pend("alice", key, i % 2 == 0 ? "n" + i : "a-longer-name-" + i);
            administration.register("alice", key);
        }
        JsonNode json =
                new JsonMapper().readTree(run("nodes", "list", "-o", "json").out());
        assertThat(json).hasSize(nodes);
        assertThat(json.path(nodes - 1).path("id").intValue()).isEqualTo(nodes);
        String line = run("nodes", "list", "-o", "json-line").out();
        assertThat(line.lines()).hasSize(1);
        assertThat(new JsonMapper().readTree(line)).isEqualTo(json);
        assertThat(run("nodes", "list", "-o", "yaml").out().lines().filter(text -> text.startsWith("- id: ")))
                .hasSize(nodes);
        List<String> rows = run("nodes", "list", "-u", "alice").out().lines().toList();
        assertThat(rows.getFirst()).startsWith("ID ");
        assertThat(rows.stream().filter(row -> row.matches("[0-9]+ .*"))).hasSize(nodes);
    }

    @Test
    void nodesAreMovedToOtherUsers() {
        registerNode();
        succeeds("User created\n", "users", "create", "bob");
        succeeds("Node moved to bob\n", "nodes", "move", "-i", "1", "--user", "bob");
        succeeds("Node moved to alice\n", "nodes", "move", "--id", "laptop", "-u", "1");
        fails(
                "Error: moving node to user carol: rpc error: code = NotFound desc = user not found\n",
                "nodes",
                "move",
                "-i",
                "1",
                "-u",
                "carol");
        assertThat(run("nodes", "move", "-i", "1").err()).startsWith("Error: required flag(s) \"user\" not set\n");
    }

    /** Source: headscale-surface 4.3. */
    @Test
    void clientsOfTheOtherApi() {
        String made = run(
                        "oauth-clients",
                        "create",
                        "-s",
                        "auth_keys",
                        "-s",
                        "users:read",
                        "-t",
                        "tag:known",
                        "-d",
                        "pipeline")
                .out();
        assertThat(made).matches("OAuth client \\S+ created.\nSecret, shown this once: tskey-client-\\S+\n");
        String id = made.split(" ", -1)[2];
        assertThat(run("oauth", "ls").out())
                .contains("ID", "Scopes", "Tags", "Description", "Created")
                .contains(id, "auth_keys", "users:read", "tag:known", "pipeline")
                .doesNotContain("tskey-client-");
        assertThat(run("oauth-client", "create").err()).contains("required flag(s) \"scope\" not set");
        assertThat(run("oauthclient", "delete", "-i", "nobody").err()).contains("\"nobody\" not found");
        succeeds("OAuth client deleted\n", "oauthclients", "delete", "--id", id);
        succeeds("[]\n", "oauth-clients", "list", "-o", "json-line");
    }

    @Test
    void whoWaitsIsListedAndCanBeNamedByKey() {
        succeeds("User created\n", "users", "create", "alice");
        succeeds("Node created\n", "debug", "create-node", "--name", "Laptop", "-u", "alice", "-k", AUTH_ID);
        assertThat(run("auth", "list").out()).contains(AUTH_ID, "Laptop", "2026-06-01 12:00:00");
        JsonNode waiting =
                new JsonMapper().readTree(run("auth", "list", "-o", "json").out());
        String nodeKey = waiting.path(0).path("node_key").stringValue();
        String machineKey = waiting.path(0).path("machine_key").stringValue();
        assertThat(run("nodes", "register", "-u", "alice", "-k", nodeKey.replace("nodekey:", "nodekey:abc"))
                        .err())
                .contains("nodekey:abc", "no client waits with the key");
        assertThat(machineKey).startsWith("mkey:");
        assertThat(run("nodes", "register", "-u", "alice", "-k", nodeKey).out()).isEqualTo("Node laptop registered\n");
        assertThat(run("nodes", "register", "-u", "alice", "-k", machineKey).code())
                .isEqualTo(1);
        succeeds("[]\n", "auth", "list", "-o", "json");
    }

    /** F056: flags that are accepted act. */
    @Test
    void routesOfOneNodeAreThoseOfThatNode() {
        registerNode();
        succeeds("Node updated\n", "nodes", "approve-routes", "-i", "1", "-r", "10.0.0.0/8,0.0.0.0/0");
        assertThat(new JsonMapper()
                        .readTree(run("nodes", "list-routes", "-i", "1", "-o", "json")
                                .out()))
                .hasSize(1);
        fails("Error: node 999 not found\n", "nodes", "list-routes", "-i", "999");
        succeeds("Routes disabled\n", "routes", "disable", "--route", "::/0");
        assertThat(run("routes", "list").out()).contains("10.0.0.0/8").doesNotContain("/0 ", "::/0");
    }

    @Test
    void theHelpOfEveryCommandHasAnExample() {
        assertExamples(List.of());
    }

    private void assertExamples(List<String> path) {
        List<String> words = new ArrayList<>(path);
        words.add("--help");
        String help = run(words.toArray(String[]::new)).out();
        assertThat(help).as(String.join(" ", words)).contains("\nExample:\n  fleetscale ");
        int commands = help.indexOf("\nCommands:\n");
        if (commands >= 0) {
            help.substring(commands + "\nCommands:\n".length())
                    .lines()
                    .takeWhile(line -> !line.isEmpty())
                    .map(line -> line.strip().split("[, ]")[0])
                    .forEach(command -> assertExamples(
                            Stream.concat(path.stream(), Stream.of(command)).toList()));
        }
    }

    @Test
    void promptsTakeOnlyAClearYes() {
        succeeds("User created\n", "users", "create", "alice");
        CliSettings.Source settings =
                config -> new CliSettings(socket(), "", Secret.EMPTY, Duration.ofSeconds(5), false);
        assertThat(runWith("maybe\n", settings, "users", "destroy", "-n", "alice"))
                .isEqualTo(new Ran(
                        0,
                        "User not destroyed\n",
                        "Do you want to remove the user \"alice\" (1) and any associated preauthkeys? [y/n] "));
        assertThat(runWith("", settings, "users", "destroy", "-n", "alice", "-o", "json-line")
                        .out())
                .isEqualTo("{\"Result\":\"User not destroyed\"}\n");
        assertThat(runWith("Sure\n", settings, "users", "delete", "-n", "alice").out())
                .isEqualTo("User destroyed\n");
        succeeds("User created\n", "users", "create", "bob");
        succeeds("{}\n", "users", "destroy", "-i", "2", "--force", "-o", "json");
    }

    @Test
    void nodesByNumberNameAndAddress() {
        registerNode();
        String table = run("nodes", "list").out();
        assertThat(table.lines().findFirst())
                .hasValueSatisfying(header -> assertThat(header.split(" +\\| +"))
                        .containsExactly(
                                "ID",
                                "Hostname",
                                "Name",
                                "MachineKey",
                                "NodeKey",
                                "User",
                                "Tags",
                                "IP addresses",
                                "Ephemeral",
                                "Last seen",
                                "Expiration",
                                "Connected",
                                "Expired"));
        assertThat(table).contains("100.64.0.1", "fd7a:115c:a1e0::1", "offline", "N/A");
        fails("Error: missing parameters: the new name of the node\n", "nodes", "rename", "-i", "1"); // F028
        succeeds("Node renamed\n", "nodes", "rename", "-i", "laptop", "desk");
        succeeds("Node updated\n", "node", "approve-routes", "-i", "100.64.0.1", "-r", "10.0.0.0/8,192.168.0.0/16");
        succeeds("""
                ID | Hostname | Approved       | Available | Serving (Primary)
                1  | desk     | 10.0.0.0/8     |           |
                   |          | 192.168.0.0/16 |           |
                """, "nodes", "routes");
        succeeds("Node updated\n", "nodes", "approve-routes", "-i", "1", "--routes", "");
        succeeds("ID | Hostname | Approved | Available | Serving (Primary)\n", "nodes", "list-routes", "-i", "1");
        succeeds("Node updated\n", "nodes", "tag", "-i", "desk", "-t", "tag:known");
        succeeds("Node expired\n", "nodes", "expire", "-i", "1");
        succeeds("Node expiration updated\n", "nodes", "e", "-i", "1", "-e", "2027-01-01T00:00:00+01:00");
        succeeds("Node expiry disabled\n", "nodes", "logout", "-i", "1", "--disable");
        succeeds("Node IPs backfilled successfully\n", "nodes", "backfillips", "--force");
        fails(
                "Error: node \"nothing\": no node has this number, name or address\n",
                "nodes",
                "delete",
                "-i",
                "nothing",
                "--force");
        succeeds("Node deleted\n", "nodes", "delete", "-i", "desk", "--force");
        fails(
                "Error: getting node: rpc error: code = NotFound desc = node not found\n",
                "nodes",
                "delete",
                "-i",
                "1",
                "--force");
    }

    /** As headscale's manual page has them. */
    @Test
    void olderSpellings() {
        registerNode();
        succeeds("User created\n", "users", "create", "carol");
        succeeds("User renamed\n", "users", "rename", "carol", "dave");
        fails("Error: required flag(s) \"new-name\" not set\n", "users", "rename", "dave");
        succeeds("Node renamed\n", "nodes", "rename", "desk", "--id", "1");
        fails(
                "Error: route 10.9.0.0/16: no such node announces it; \"fleetscale routes list\" shows what there is\n",
                "routes",
                "enable",
                "--route",
                "10.9.0.0/16");
        succeeds("Node updated\n", "nodes", "approve-routes", "-i", "1", "-r", "10.0.0.0/8,192.168.0.0/16");
        succeeds("Routes disabled\n", "routes", "disable", "--id", "1", "--route", "10.0.0.0/8");
        succeeds("""
                ID | Hostname | Approved       | Available | Serving (Primary)
                1  | desk     | 192.168.0.0/16 |           |
                """, "routes", "list");

        String key = run("authkeys", "create", "-u", "dave").out().strip();
        succeeds("[]\n", "authkeys", "list", "--user", "nobody", "-o", "json-line");
        succeeds("Key expired\n", "authkeys", "expire", "--user", "dave", key);
        succeeds("Key deleted\n", "authkeys", "delete", key.substring(0, 23) + "-***");
        fails("Error: pre-auth key not found\n", "authkeys", "expire", key);
        fails("Error: pre-auth key 77 not found\n", "authkeys", "expire", "--id", "77");
        succeeds("User destroyed\n", "users", "destroy", "dave", "--force");
    }

    @Test
    void keys() {
        succeeds("User created\n", "users", "create", "alice");
        Ran created = run("preauthkeys", "create", "-u", "alice", "--reusable", "-e", "1d", "--tags", "tag:b,tag:a");
        assertThat(created.out()).matches("hskey-auth-.{12}-.{64}\n");
        succeeds(
                "ID | Key/Prefix                  | Reusable | Ephemeral | Used  | Expiration          | Created"
                        + "             | Owner\n"
                        + "1  | " + created.out().substring(0, 23) + "-*** | true     | false     | false |"
                        + " 2026-06-02 12:00:00 | 2026-06-01 12:00:00 | tag:a\n"
                        + "   |                             |          |           |       |"
                        + "                     |                     | tag:b\n",
                "authkeys",
                "ls");
        succeeds("Key expired\n", "authkey", "revoke", "-i", "1");
        succeeds("Key deleted\n", "pre", "rm", "--id", "1");
        fails("Error: missing --id parameter: missing parameters\n", "pre", "expire");
        assertThat(run("apikeys", "create", "-o", "json").out()).matches("\"hskey-api-.{12}-.{64}\"\n");
        assertThat(run("api", "list").out()).contains("2026-08-30 12:00:00");
        fails("Error: either --id or --prefix must be provided: missing parameters\n", "apikeys", "expire");
        fails(
                "Error: only one of --id or --prefix can be provided: missing parameters\n",
                "apikeys",
                "delete",
                "-i",
                "1",
                "-p",
                "x");
        succeeds("Key deleted\n", "apikeys", "del", "-i", "1");
        assertThat(run("apikeys", "create", "-e", "1.5h").err()).startsWith("Error: parsing duration: ");
    }

    @Test
    void errorsInTheChosenForm() {
        fails("{\"error\":\"missing parameters\"}\n", "users", "create", "-o", "json-line");
        fails("{\n\t\"error\": \"missing parameters\"\n}\n", "users", "create", "-o", "json");
        fails("error: missing parameters\n\n", "users", "create", "-o", "yaml");
        fails(
                "Error: unknown output format \"xml\", use human, json, json-line or yaml\n",
                "users",
                "list",
                "-o",
                "xml");
        assertThat(run("users", "list", "--nothing").err()).startsWith("Error: unknown flag: --nothing\n");
        assertThat(run("nothing").err()).startsWith("Error: unknown command \"nothing\" for \"fleetscale\"\n");
        assertThat(run("nodes", "walk").err()).startsWith("Error: unknown command \"walk\" for \"fleetscale nodes\"\n");
        assertThat(run("auth", "register", "-u", "x").err())
                .startsWith("Error: required flag(s) \"auth-id\" not set\n");
    }

    /** F055: for programs there is the result on the one side, and text for people on the other. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "users list",
                "nodes list",
                "nodes list-routes",
                "routes list",
                "preauthkeys list",
                "apikeys list",
                "auth list"
            })
    void f055ListsForPrograms(String command) {
        for (String format :
                List.of("-o json", "-o=json", "-ojson", "--output json", "--output=json", "-o json-line")) {
            Ran ran = run((command + " " + format).split(" "));
            assertThat(ran).isEqualTo(new Ran(0, "[]\n", ""));
        }
        assertThat(run((command + " -o yaml").split(" "))).isEqualTo(new Ran(0, "[]\n\n", ""));
        assertThat(run((command + " -o JSON").split(" ")))
                .isEqualTo(
                        new Ran(1, "", "Error: unknown output format \"JSON\", use human, json, json-line or yaml\n"));
        Path nothing = directory.resolve("nothing");
        Ran stopped = runWith(
                "",
                config -> new CliSettings(nothing, "", Secret.EMPTY, Duration.ofMillis(1), false),
                (command + " -o json-line").split(" "));
        assertThat(stopped.code()).isEqualTo(1);
        assertThat(stopped.out()).isEmpty();
        assertThat(stopped.err())
                .startsWith("{\"error\":\"connecting to headscale: ")
                .endsWith("}\n");
    }

    @Test
    void healthVersionAndKeysOfThisMachine() {
        succeeds("\n", "health");
        succeeds("{\"database_connectivity\":true}\n", "health", "-o", "json-line");
        administration.changelog.setAway(true);
        fails(
                "Error: checking health: rpc error: code = Unknown desc = pinging database: the database is away,"
                        + " try again\n",
                "health");
        assertThat(run("version").out()).startsWith("fleetscale version ").contains("\ncommit: ", "\nbuild time: ");
        assertThat(run("generate", "private-key").out()).matches("privkey:[0-9a-f]{64}\n");
        assertThat(run("gen", "private-key", "-o", "json-line").out())
                .matches("\\{\"private_key\":\"privkey:[0-9a-f]{64}\"}\n");
    }

    @Test
    void listsWithoutADatabaseComeWithAWarning() {
        administration.changelog.setAwayForAll(true);
        CommandLine.Ran ran = run("users", "list");
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).startsWith("ID");
        assertThat(ran.err())
                .isEqualTo("Warning: the server does not reach its database; this is what it knew last (change "
                        + administration.changelog.image().version() + ")\n");
        assertThat(run("nodes", "list", "-o", "json").err()).startsWith("Warning: ");
        fails(
                "Error: creating user: rpc error: code = Unavailable desc = the database is away, try again\n",
                "users",
                "create",
                "x");
    }

    @Test
    void unreachableServersAreNamed() {
        Path nothing = directory.resolve("nothing");
        Ran unix = runWith(
                "", config -> new CliSettings(nothing, "", Secret.EMPTY, Duration.ofMillis(1), false), "health");
        assertThat(unix.code()).isEqualTo(1);
        assertThat(unix.err()).startsWith("Error: connecting to headscale: connecting to " + nothing);
        assertThat(runWith(
                                "",
                                config -> new CliSettings(
                                        nothing, "127.0.0.1:1", Secret.EMPTY, Duration.ofSeconds(5), false),
                                "health")
                        .err())
                .isEqualTo("Error: connecting to headscale: HEADSCALE_CLI_API_KEY environment variable needs to be"
                        + " set\n");
        assertThat(runWith(
                                "",
                                config -> new CliSettings(
                                        nothing, "127.0.0.1:1", new Secret("planted"), Duration.ofSeconds(5), true),
                                "health")
                        .err())
                .startsWith("Error: connecting to headscale: connecting to 127.0.0.1:1: ")
                .doesNotContain("planted");
    }

    @Test
    void commandsOfTheComposerAreThere() {
        assertThat(run("serve", "-c", "/etc/x.yaml")).isEqualTo(new Ran(7, "config /etc/x.yaml\n", ""));
        assertThat(run().out())
                .contains("serve", "users", "nodes", "preauthkeys")
                .doesNotContain("warm-up");
        assertThat(run("nodes", "--help").out()).contains("approve-routes", "register");
        assertThat(run("help", "users", "create").out()).contains("--display-name");
    }

    @ParameterizedTest
    @CsvSource({"bash", "zsh", "fish", "powershell"})
    void completionKnowsAllCommands(String shell) {
        assertThat(run("completion", shell).out()).contains("preauthkeys", "backfillips", "approve-routes");
    }

    @Test
    void theWarmUpRuns() {
        assertThat(run("warm-up")).isEqualTo(new Ran(0, "", ""));
    }

    @Test
    void policiesAreExplainedAndCompared() throws IOException {
        registerNode();
        Path file = Files.writeString(directory.resolve("p"), """
                {"groups": {"group:dev": ["alice@"]},
                 "acls": [
                   {"action": "accept", "src": ["group:dev"], "dst": ["10.1.0.0/16:22"]},
                 ]}""");
        succeeds("""
                laptop (alice) -> 10.1.2.3 (not a node), tcp 22: NOT allowed
                  no node has 10.1.2.3, and no approved route contains it
                back: 10.1.2.3 -> laptop, tcp 22: NOT allowed
                  at laptop itself
                  nearest: acls[0], line 3: group:dev -> 10.1.0.0/16:22
                    but its sources group:dev do not include 10.1.2.3 (not a node)
                    but its destinations 10.1.0.0/16 do not include laptop (alice)
                """, "policy", "explain", "--src", "laptop", "--dst", "10.1.2.3:22", "-f", file.toString());
        succeeds("Nothing changes for the 1 nodes of the tailnet.\n", "policy", "diff", "-f", file.toString());
        fails(
                "Error: explaining policy: rpc error: code = InvalidArgument desc = \"desk\" is neither the name, number "
                        + "or address of a node nor a user, group, tag, autogroup or host of the policy\n",
                "policy",
                "explain",
                "--src",
                "desk",
                "--dst",
                "laptop");
    }
}
