package io.fleetscale.relay.program;

import io.fleetscale.config.LogConfig;
import io.fleetscale.runtime.AtomicFiles;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.runtime.StopSignals;
import io.fleetscale.runtime.logging.Logging;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The command line of {@code derp-node}. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
public final class DerpNode {
    private static final Logger LOG = LoggerFactory.getLogger(DerpNode.class);
    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private final PrintStream out;
    private final PrintStream err;

    DerpNode(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] arguments) {
        System.exit(new DerpNode(System.out, System.err).run(arguments));
    }

    int run(String... arguments) {
        String command = arguments.length == 0 ? "help" : arguments[0];
        return switch (command) {
            case "serve", "configtest" -> withSettings(command, arguments);
            case "version", "--version", "-version" -> {
                out.println("derp-node " + version());
                yield 0;
            }
            case "help", "--help", "-h" -> {
                help(out);
                yield 0;
            }
            default -> {
                err.println("Error: unknown command \"" + command + "\" for \"derp-node\"");
                help(err);
                yield WRONG_USAGE;
            }
        };
    }

    private int withSettings(String command, String[] arguments) {
        Path file = null;
        Path readyFile = null;
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 1; i < arguments.length; i++) {
            String argument = arguments[i];
            if (argument.equals("-h") || argument.equals("--help")) {
                help(out);
                return 0;
            }
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            if (!name.startsWith("-") || (equals < 0 && i + 1 == arguments.length)) {
                err.println(
                        "Error: " + (name.startsWith("-") ? name + " needs a value" : "unexpected argument " + name));
                return WRONG_USAGE;
            }
            String value = equals < 0 ? arguments[++i] : argument.substring(equals + 1);
            String key = name.replaceFirst("^--?", "").replace('-', '_');
            switch (key) {
                case "c", "config" -> file = Path.of(value);
                case "a" -> options.put(SettingsReader.LISTEN, value);
                case "ready_file" -> readyFile = Path.of(value);
                default -> options.put(key, value);
            }
        }
        return switch (SettingsReader.read(file, options)) {
            case SettingsReader.Outcome.Problems(var problems) -> {
                err.println("The configuration cannot be used:");
                problems.forEach(problem -> err.println("  " + problem));
                yield WRONG_USAGE;
            }
            case SettingsReader.Outcome.Usable(var settings) ->
                command.equals("configtest") ? 0 : serve(settings, readyFile, new Source(file, options));
        };
    }

    /** Where the settings came from, to read them again. */
    private record Source(@Nullable Path file, Map<String, String> options) {
        RelaySettings read() throws IOException {
            return switch (SettingsReader.read(file, options)) {
                case SettingsReader.Outcome.Usable(var settings) -> settings;
                case SettingsReader.Outcome.Problems(var problems) ->
                    throw new IOException(problems.stream().map(String::valueOf).collect(Collectors.joining("; ")));
            };
        }
    }

    private int serve(RelaySettings settings, @Nullable Path readyFile, Source source) {
        try (AutoCloseable _ = Logging.start(LogConfig.defaults());
                Reloads reloads = new Reloads()) {
            Lifecycle lifecycle = new Lifecycle();
            new StopSignals(lifecycle).install();
            RelayNode node = new RelayNode(settings, version(), reloads);
            RelayNode.Running running = node.start();
            try {
                reloads.add("configuration", () -> node.apply(source.read()));
                reloads.install();
                LOG.atInfo()
                        .addKeyValue("hostname", settings.hostname())
                        .addKeyValue("listen", running.relay())
                        .addKeyValue("stun", running.stun())
                        .addKeyValue("metrics", running.metrics())
                        .addKeyValue("cert_name", running.pin())
                        .log("ready");
                if (readyFile != null) {
                    writeReady(readyFile, settings, running);
                }
                String unused = lifecycle.awaitStopRequest();
            } finally {
                Lifecycle.End unused = node.stop();
            }
            return 0;
        } catch (Exception e) {
            err.println("Error: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
            return FAILED;
        }
    }

    /** What scripts, and whoever writes the DERP map, need to know of a relay that is ready. Holds no secrets. */
    private static void writeReady(Path file, RelaySettings settings, RelayNode.Running running) throws IOException {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.put("host", settings.hostname());
        root.put(
                "addr",
                running.relay().getAddress().getHostAddress() + ":"
                        + running.relay().getPort());
        root.put("derp_port", running.relay().getPort());
        root.put("stun_port", running.stun() == null ? -1 : running.stun().getPort());
        root.put("cert_name", running.pin());
        root.put("public_key", running.publicKey());
        root.put(
                "metrics",
                running.metrics().getAddress().getHostAddress() + ":"
                        + running.metrics().getPort());
        root.put("pid", ProcessHandle.current().pid());
        AtomicFiles.writeText(file, root + "\n", AtomicFiles.READABLE);
    }

    private static String version() {
        try (InputStream in = DerpNode.class.getResourceAsStream("program.properties")) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static void help(PrintStream out) {
        out.println("""
                derp-node: a DERP relay for Tailscale clients

                Usage:
                  derp-node serve -c FILE [--KEY VALUE ...]       run the relay
                  derp-node configtest -c FILE [--KEY VALUE ...]  check the configuration, all problems at once
                  derp-node version

                Keys, of the YAML file (listen: :443) and of the command line (--listen :443), which outranks it:""");
        SettingsReader.KEYS.forEach((key, text) -> out.printf("  %-18s %s%n", key, text));
        out.println("""

                Further options:
                  -a HOST:PORT       the same as --listen
                  --ready-file FILE  written when the relay accepts nodes: its addresses and the cert_name of the DERP map

                SIGHUP reads the configuration, the certificate files and the mesh keys again, without ending a connection.

                Example:
                  derp-node serve --hostname relay1.example.com --verify-url https://control.example.com/verify""");
    }
}
