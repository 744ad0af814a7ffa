package io.fleetscale.control.dev;

import io.fleetscale.runtime.AtomicFiles;
import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.runtime.net.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The relays that {@code fleetscale dev} runs as processes of their own: each is {@code derp-node serve}, registers with the
 * control servers by the secret in a file, makes itself a certificate that the DERP map pins, and meshes with the others. Used
 * by one thread.
 */
public final class DevRelays {
    private static final int FIRST_REGION = 900;
    private static final String DERP_NODE = "io.fleetscale.relay.program.DerpNode";
    private static final String TOKEN_FILE = "relay.token";
    private static final int TOKEN_BYTES = 32;

    private final List<DevProcess> processes = new ArrayList<>();
    private final List<Path> readyFiles = new ArrayList<>();

    private DevRelays() {}

    /**
     * What to run.
     *
     * @param data directory of everything
     * @param controlUrls base addresses of the control servers; they need not answer yet
     * @param host where the relays listen, and what nodes call them
     * @param stun where a relay answers STUN; port 0 is any free one, and the only one that several relays can have
     * @param count 1 or more
     * @param regions that the relays are spread over, one after the other; 1 to {@code count}
     */
    public record Plan(Path data, List<String> controlUrls, String host, HostPort stun, int count, int regions) {
        public Plan {
            controlUrls = List.copyOf(controlUrls);
        }
    }

    /**
     * A relay as tools are told of it.
     *
     * @param addr {@code host:port}, where it listens
     * @param host its name in TLS
     */
    public record Relay(String name, String addr, String host, long pid) {}

    /** The file of {@link #token}, which need not be there. */
    public static Path tokenFile(Path data) {
        return data.resolve(TOKEN_FILE);
    }

    /** The file of the secret with which they register, made when it does not exist. */
    public static Path token(Path data) throws IOException {
        Path file = tokenFile(data);
        if (!Files.exists(file)) {
            byte[] secret = new byte[TOKEN_BYTES];
            new SecureRandom().nextBytes(secret);
            AtomicFiles.writeText(file, HexFormat.of().formatHex(secret) + "\n", AtomicFiles.OWNER_ONLY);
        }
        return file;
    }

    /** Starts them; does not wait. */
    public static DevRelays launch(DevProcesses processes, Plan plan) throws IOException {
        DevRelays relays = new DevRelays();
        for (int i = 1; i <= plan.count(); i++) {
            relays.launch(processes, plan, "relay-" + i, (i - 1) % plan.regions());
        }
        return relays;
    }

    private void launch(DevProcesses all, Plan plan, String name, int region) throws IOException {
        Path directory = plan.data().resolve("relays").resolve(name);
        Path readyFile = directory.resolve("ready.json");
        Files.createDirectories(directory);
        Files.deleteIfExists(readyFile);
        List<String> command =
                ProgramCommand.java(DERP_NODE, List.of(), arguments(plan, name, region, directory, readyFile));
        processes.add(
                all.launch(new DevProcess(name, command, directory.resolve("log"), () -> Files.exists(readyFile))));
        readyFiles.add(readyFile);
    }

    /**
     * Waits until they accept nodes; they are in the DERP map a moment later.
     *
     * @throws IOException if one does not become ready, with the end of its output
     */
    public List<Relay> awaitReady() throws IOException, InterruptedException {
        DevProcesses.awaitReady(processes);
        List<Relay> relays = new ArrayList<>();
        for (int i = 0; i < processes.size(); i++) {
            JsonNode ready = new JsonMapper().readTree(Files.readString(readyFiles.get(i)));
            relays.add(new Relay(
                    processes.get(i).name(),
                    ready.path("addr").asString(),
                    ready.path("host").asString(),
                    processes.get(i).pid()));
        }
        return relays;
    }

    /** The ports are chosen here, so that a relay that is started again has the same place in the DERP map. */
    private static List<String> arguments(Plan plan, String name, int region, Path directory, Path readyFile)
            throws IOException {
        String host = plan.host();
        int stunPort = plan.stun().port();
        List<String> arguments = new ArrayList<>(List.of("serve"));
        arguments.addAll(List.of("--name", name, "--hostname", host));
        arguments.addAll(List.of(
                "--listen",
                new HostPort(host, FreePorts.tcp(new HostPort(host, 0).resolve().getAddress(), 1)[0]).toString()));
        arguments.addAll(List.of("--http-listen", "off"));
        arguments.addAll(List.of(
                "--stun-listen",
                new HostPort(
                                plan.stun().host(),
                                stunPort == 0
                                        ? FreePorts.udp(plan.stun().resolve().getAddress(), 1)[0]
                                        : stunPort)
                        .toString()));
        arguments.addAll(List.of("--metrics-listen", "127.0.0.1:0"));
        // dev ends within seconds
        arguments.addAll(List.of("--drain-window", "1"));
        arguments.addAll(List.of("--data", directory.toString()));
        arguments.addAll(List.of("--control-url", String.join(",", plan.controlUrls())));
        arguments.addAll(List.of("--control-token-file", token(plan.data()).toString()));
        String number = region == 0 ? "" : Integer.toString(region + 1);
        arguments.addAll(List.of("--region-id", Integer.toString(FIRST_REGION + region)));
        arguments.addAll(List.of("--region-code", "dev" + number));
        arguments.addAll(List.of("--region-name", ("Fleetscale dev relays " + number).strip()));
        arguments.addAll(List.of("--ready-file", readyFile.toString()));
        return arguments;
    }
}
