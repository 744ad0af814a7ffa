package io.fleetscale.loadtest.relay;

import io.fleetscale.loadtest.process.ServerProcess;
import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Two relays of one program that mesh, on the loopback interface, with the same certificate of an authority of this run. Used by
 * one thread.
 */
final class RelayProgram implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final int RELAYS = 2;
    private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final String name;
    private final boolean jvm;
    private final List<Process> processes = new ArrayList<>();
    private final List<InetSocketAddress> addresses = new ArrayList<>();

    private RelayProgram(String name, boolean jvm) {
        this.name = name;
        this.jvm = jvm;
    }

    /** What both programs get: a certificate and a mesh key in a directory of the run. */
    record Material(Path directory, Path authority, Path certificate, Path key, String pin, Path meshKey) {
        static Material create(Path directory) throws IOException, GeneralSecurityException {
            CertificateAuthority authority = CertificateAuthority.in(directory, InstantSource.system());
            byte[] leaf = authority
                    .issueFiles(directory, HOST, List.of(HOST))
                    .chain()
                    .getFirst()
                    .getEncoded();
            byte[] secret = new byte[32];
            new SecureRandom().nextBytes(secret);
            Path meshKey = directory.resolve("mesh.key");
            Files.writeString(meshKey, HexFormat.of().formatHex(secret) + "\n");
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(leaf));
            return new Material(
                    directory,
                    directory.resolve(CertificateAuthority.CERTIFICATE_FILE),
                    directory.resolve(HOST + ".crt"),
                    directory.resolve(HOST + ".key"),
                    "sha256-raw:" + digest,
                    meshKey);
        }
    }

    /** @param launcher {@code bin/derp-node} */
    static RelayProgram ours(Path launcher, Material material) throws IOException, InterruptedException {
        RelayProgram program = new RelayProgram("derp-node", true);
        int[] ports = FreePorts.tcp(InetAddress.getLoopbackAddress(), RELAYS);
        for (int i = 0; i < RELAYS; i++) {
            List<String> command = new ArrayList<>(List.of(launcher.toString(), "serve", "--hostname", HOST));
            command.addAll(List.of("--listen", HOST + ":" + ports[i], "--http-listen", "off", "--stun-listen", "off"));
            command.addAll(List.of("--metrics-listen", HOST + ":0", "--drain-window", "0"));
            command.addAll(
                    List.of("--data", material.directory().resolve("ours-" + i).toString()));
            command.addAll(List.of(
                    "--tls", "files", "--tls-cert", material.certificate().toString()));
            command.addAll(List.of("--tls-key", material.key().toString()));
            command.addAll(List.of("--mesh-key-file", material.meshKey().toString()));
            command.addAll(List.of("--mesh-with", HOST + ":" + ports[1 - i] + "=" + material.pin()));
            program.start(new ProcessBuilder(command), material, ports[i]);
        }
        program.awaitAll();
        return program;
    }

    /** @param binary the upstream relay, {@code derper} */
    static RelayProgram upstream(Path binary, Material material) throws IOException, InterruptedException {
        RelayProgram program = new RelayProgram("upstream", false);
        int[] ports = FreePorts.tcp(InetAddress.getLoopbackAddress(), RELAYS);
        for (int i = 0; i < RELAYS; i++) {
            List<String> command = new ArrayList<>(List.of(binary.toString(), "-a", HOST + ":" + ports[i]));
            command.addAll(List.of("-certmode", "manual", "-hostname", HOST));
            command.addAll(List.of("-certdir", material.directory().toString()));
            command.addAll(List.of("-http-port", "-1", "-stun=false"));
            command.addAll(List.of(
                    "-c",
                    material.directory().resolve("upstream-" + i + ".json").toString()));
            command.addAll(List.of("-mesh-psk-file", material.meshKey().toString()));
            command.addAll(List.of("-mesh-with", HOST + ":" + ports[1 - i]));
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().put("SSL_CERT_FILE", material.authority().toString());
            program.start(builder, material, ports[i]);
        }
        program.awaitAll();
        return program;
    }

    private void start(ProcessBuilder builder, Material material, int port) throws IOException {
        Path log = material.directory().resolve(name + "-" + processes.size() + ".log");
        processes.add(
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start());
        addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private void awaitAll() throws IOException, InterruptedException {
        long end = System.nanoTime() + START_LIMIT_NANOS;
        for (int i = 0; i < RELAYS; i++) {
            while (!accepts(addresses.get(i))) {
                if (!processes.get(i).isAlive() || System.nanoTime() - end > 0) {
                    close();
                    throw new IOException(name + " did not start: its log is in the directory of --work");
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }

    private static boolean accepts(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    String name() {
        return name;
    }

    InetSocketAddress first() {
        return addresses.getFirst();
    }

    InetSocketAddress second() {
        return addresses.getLast();
    }

    /** The process of the first relay. */
    ServerProcess process() {
        return new ServerProcess(processes.getFirst().pid());
    }

    /** Resident bytes of the first relay; of a JVM after it has collected its garbage. */
    long residentBytes() throws IOException, InterruptedException {
        ServerProcess process = process();
        if (jvm) {
            process.collectGarbage();
        }
        return process.residentBytes();
    }

    /** CPU seconds of both. */
    double cpuSeconds() {
        return processes.stream()
                .mapToDouble(process -> new ServerProcess(process.pid()).cpuSeconds())
                .sum();
    }

    @Override
    public void close() {
        processes.forEach(Process::destroy);
        for (Process process : processes) {
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
