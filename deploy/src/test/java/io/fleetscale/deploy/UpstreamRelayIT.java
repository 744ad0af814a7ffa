package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Relays of the packaged program in a mesh with the upstream relay, judged by the upstream prober: TLS, STUN, packets between each
 * two, and a transfer that must arrive whole and in order. Both programs are built from the pinned Go module {@code
 * loadtest/upstreamrelay}.
 */
class UpstreamRelayIT {
    private static final String HOST = "localhost";
    private static final String ADDRESS = "127.0.0.1";
    private static final int OURS = 2;
    private static final int RELAYS = 3;
    /** The map, and for each relay TLS and STUN; for each ordered pair packets and the transfer. */
    private static final int PROBES = 1 + 2 * RELAYS + 2 * RELAYS * RELAYS;

    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int PROBER_LIMIT_SECONDS = 120;

    @TempDir
    static Path directory;

    private final List<Process> processes = new ArrayList<>();

    @BeforeAll
    static void build() throws Exception {
        GoPrograms.assumeGo("the upstream relay and its prober");
        Path module = DevProcess.repository().resolve("loadtest/upstreamrelay");
        for (String program : List.of("derper", "derpprobe")) {
            GoPrograms.execute(
                    directory,
                    module,
                    "go",
                    "build",
                    "-o",
                    directory.resolve(program).toString(),
                    "tailscale.com/cmd/" + program);
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        processes.forEach(Process::destroy);
        for (Process process : processes) {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void theProberFindsNothingWrongInAMeshOfBoth() throws Exception {
        int[] ports = FreePorts.tcp(InetAddress.getLoopbackAddress(), RELAYS);
        int[] stunPorts = FreePorts.udp(InetAddress.getLoopbackAddress(), RELAYS);
        CertificateAuthority authority = CertificateAuthority.in(directory, InstantSource.system());
        byte[] leaf = authority
                .issueFiles(directory, HOST, List.of(HOST))
                .chain()
                .getFirst()
                .getEncoded();
        String pin = "sha256-raw:"
                + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(leaf));
        Path meshKey = directory.resolve("mesh.key");
        Files.writeString(meshKey, "0123456789abcdef".repeat(4) + "\n");

        for (int i = 0; i < OURS; i++) {
            startOurs(i, ports, stunPorts[i], pin, meshKey);
        }
        startUpstream(ports, stunPorts[OURS], meshKey);
        Path map = directory.resolve("map.json");
        Files.writeString(map, map(ports, stunPorts));
        for (int i = 0; i < OURS; i++) {
            Path ready = directory.resolve("ready-" + i);
            await().atMost(START_LIMIT).until(() -> Files.exists(ready));
        }

        // until all links are there: the upstream relay tries again after five seconds only
        await().atMost(LIMIT).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            DevProcess.Ended probed = probe(map);
            assertThat(probed.output().lines().filter(line -> line.contains(" bad: ")))
                    .isEmpty();
            assertThat(probed.output().lines().filter(line -> line.contains(" good: ")))
                    .hasSize(PROBES);
            assertThat(probed.exitCode()).as(probed.output()).isZero();
        });
    }

    private void startOurs(int number, int[] ports, int stunPort, String pin, Path meshKey) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("serve", "--hostname", HOST));
        arguments.addAll(List.of("--listen", ADDRESS + ":" + ports[number], "--http-listen", "off"));
        arguments.addAll(List.of("--stun-listen", ADDRESS + ":" + stunPort, "--metrics-listen", ADDRESS + ":0"));
        arguments.addAll(List.of("--data", directory.resolve("ours-" + number).toString(), "--tls", "files"));
        arguments.addAll(List.of("--tls-cert", directory.resolve(HOST + ".crt").toString()));
        arguments.addAll(List.of("--tls-key", directory.resolve(HOST + ".key").toString()));
        arguments.addAll(
                List.of("--mesh-key-file", meshKey.toString(), "--mesh-with", mesh(ports, "/" + ADDRESS, pin)));
        arguments.addAll(
                List.of("--ready-file", directory.resolve("ready-" + number).toString()));
        start(DevProcess.launcher("derp-node", arguments), "ours-" + number);
    }

    private void startUpstream(int[] ports, int stunPort, Path meshKey) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(directory.resolve("derper").toString()));
        command.addAll(List.of("-a", ADDRESS + ":" + ports[OURS], "-hostname", HOST, "-http-port", "-1"));
        command.addAll(List.of("-certmode", "manual", "-certdir", directory.toString()));
        command.addAll(List.of("-stun-port", Integer.toString(stunPort)));
        command.addAll(List.of("-c", directory.resolve("upstream.json").toString()));
        command.addAll(List.of("-mesh-psk-file", meshKey.toString(), "-mesh-with", mesh(ports, "", "")));
        start(trusting(command), "upstream");
    }

    private void start(ProcessBuilder builder, String name) throws IOException {
        processes.add(builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile())
                .start());
    }

    private static String mesh(int[] ports, String dial, String pin) {
        List<String> relays = new ArrayList<>();
        for (int port : ports) {
            relays.add(HOST + ":" + port + dial + (pin.isEmpty() ? "" : "=" + pin));
        }
        return String.join(",", relays);
    }

    private static ProcessBuilder trusting(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .put(
                        "SSL_CERT_FILE",
                        directory.resolve(CertificateAuthority.CERTIFICATE_FILE).toString());
        return builder;
    }

    private static String map(int[] ports, int[] stunPorts) {
        List<String> nodes = new ArrayList<>();
        for (int i = 0; i < ports.length; i++) {
            nodes.add("""
                    {"Name":"900%c","RegionID":900,"HostName":"%s","IPv4":"%s","DERPPort":%d,"STUNPort":%d}""".formatted('a' + i, HOST, ADDRESS, ports[i], stunPorts[i]));
        }
        return """
                {"Regions":{"900":{"RegionID":900,"RegionCode":"lab","RegionName":"Lab","Nodes":[%s]}}}
                """.formatted(nodes.stream().collect(Collectors.joining(",")));
    }

    private static DevProcess.Ended probe(Path map) throws IOException, InterruptedException {
        Path out = Files.createTempFile(directory, "probe", ".txt");
        Process prober = trusting(List.of(
                        directory.resolve("derpprobe").toString(),
                        "-derp-map",
                        "file://" + map,
                        "-once",
                        "-spread=false",
                        "-bw-interval",
                        "60s",
                        "-bw-probe-size-bytes",
                        "5000000"))
                .redirectOutput(out.toFile())
                .start();
        if (!prober.waitFor(PROBER_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            prober.destroyForcibly().waitFor();
        }
        return new DevProcess.Ended(prober.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
    }
}
