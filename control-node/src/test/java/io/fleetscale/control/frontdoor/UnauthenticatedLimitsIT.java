package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever shows no credential can make the server hold next to nothing, whatever path is asked for. */
@Timeout(120)
class UnauthenticatedLimitsIT {
    private static final int CHUNK = 64 * 1024;
    /** What comes after the answer is dropped for a second, so that the answer arrives. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RunningDoor door = new RunningDoor();

    @BeforeEach
    void start() throws IOException {
        door.start();
    }

    @AfterEach
    void close() {
        door.close();
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /verify",
        "POST, /ts2021",
        "GET, /ts2021",
        "GET, /key",
        "GET, /health",
        "POST, /machine/register",
        "PUT, /api/v1/policy",
        "POST, /echo/x",
        "GET, /register/x",
        "POST, /register/confirm/x",
        "POST, /unknown"
    })
    void aBodyThatIsSaidToBeHugeIsNotReadAtAll(String method, String path) throws IOException {
        try (Socket socket = connect()) {
            send(socket, method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n");

            assertThat(firstLine(socket.getInputStream())).matches("HTTP/1.1 4\\d\\d .*");
        }
    }

    @ParameterizedTest
    @CsvSource({"POST, /verify", "POST, /ts2021", "POST, /echo/x", "POST, /unknown", "GET, /key"})
    void aBodyWithoutEndIsCutOff(String method, String path) throws IOException {
        try (Socket socket = connect()) {
            send(socket, method + " " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            OutputStream out = socket.getOutputStream();
            byte[] chunk = "%x\r\n%s\r\n".formatted(CHUNK, "a".repeat(CHUNK)).getBytes(StandardCharsets.US_ASCII);
            long deadline = System.nanoTime() + LIMIT.toNanos();
            boolean cutOff = false;
            while (!cutOff && System.nanoTime() - deadline < 0) {
                try {
                    out.write(chunk);
                } catch (SocketException e) {
                    cutOff = true;
                }
            }
            assertThat(cutOff).as("within %s", LIMIT).isTrue();
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(30_000);
        socket.connect(door.address());
        return socket;
    }

    private static void send(Socket socket, String head) throws IOException {
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static String firstLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\r'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString();
    }
}
