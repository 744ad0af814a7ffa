package io.fleetscale.control.dev;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How {@code fleetscale dev start NAME} reaches the {@code dev} that runs on the same data directory: a unix socket there,
 * one line each way: {@code start NAME}, then {@code ok PID} or {@code error TEXT}. Thread-safe.
 */
public final class StartRequests implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StartRequests.class);
    private static final String SOCKET = "dev.sock";
    private static final int MAX_LINE = 512;

    private final Path path;
    private final ServerSocketChannel listener;
    private final DevProcesses processes;

    private StartRequests(Path path, ServerSocketChannel listener, DevProcesses processes) {
        this.path = path;
        this.listener = listener;
        this.processes = processes;
    }

    /** Listens in a data directory whose lock the caller holds. */
    public static StartRequests listen(Path data, DevProcesses processes) throws IOException {
        Path path = data.resolve(SOCKET);
        Files.deleteIfExists(path);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path));
        StartRequests requests = new StartRequests(path, listener, processes);
        Thread.ofVirtual().name("dev-start").start(requests::accept);
        return requests;
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel connection = listener.accept();
                Thread.ofVirtual().start(() -> answer(connection));
            } catch (IOException e) {
                if (listener.isOpen()) {
                    LOG.atWarn().setCause(e).log("requests to start processes are not heard any more");
                }
                return;
            }
        }
    }

    private void answer(SocketChannel connection) {
        try (connection;
                OutputStream out = Channels.newOutputStream(connection)) {
            out.write((outcome(readLine(connection)) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("a request to start a process was not answered");
        }
    }

    private String outcome(String request) {
        if (!request.startsWith("start ")) {
            return "error the request is not understood: both programs must be of one release";
        }
        try {
            return "ok " + processes.start(request.substring("start ".length()).strip());
        } catch (IOException e) {
            return "error " + String.valueOf(e.getMessage()).replace('\n', ' ');
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "error interrupted";
        }
    }

    /**
     * Asks the running {@code dev} to start a process, and waits until it is ready.
     *
     * @return its process id
     * @throws IOException with a message for people
     */
    public static long start(Path data, String name) throws IOException {
        Path path = data.resolve(SOCKET);
        try (SocketChannel connection = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            try {
                connection.connect(UnixDomainSocketAddress.of(path));
            } catch (IOException e) {
                throw new IOException(
                        "no \"dev --instances N\" runs on " + data + ": name its directory with --data", e);
            }
            Channels.newOutputStream(connection).write(("start " + name + "\n").getBytes(StandardCharsets.UTF_8));
            String answer = readLine(connection);
            if (answer.startsWith("ok ")) {
                return Long.parseLong(answer.substring("ok ".length()));
            }
            throw new IOException(
                    answer.startsWith("error ") ? answer.substring("error ".length()) : "dev ended meanwhile");
        }
    }

    private static String readLine(SocketChannel connection) throws IOException {
        BufferedReader reader = new BufferedReader(
                new InputStreamReader(Channels.newInputStream(connection), StandardCharsets.UTF_8), MAX_LINE);
        StringBuilder line = new StringBuilder();
        int next = reader.read();
        while (next >= 0 && next != '\n' && line.length() < MAX_LINE) {
            line.append((char) next);
            next = reader.read();
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        Files.deleteIfExists(path);
    }
}
