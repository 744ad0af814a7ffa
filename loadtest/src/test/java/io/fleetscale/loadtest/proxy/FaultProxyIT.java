package io.fleetscale.loadtest.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.runtime.net.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that sends back what it gets, behind the proxy. */
@Timeout(60)
class FaultProxyIT {
    private static final int SHORT_MILLIS = 300;

    private ServerSocket server;
    private FaultProxy proxy;
    private InetSocketAddress address;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> echo(socket));
                } catch (IOException e) {
                    return; // closed
                }
            }
        });
        proxy = new FaultProxy("test", new HostPort("127.0.0.1", server.getLocalPort())::resolve);
        address = proxy.start();
    }

    private static void echo(Socket socket) {
        try (socket;
                InputStream in = socket.getInputStream()) {
            in.transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // cut, which is what is tested
        }
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(address, 30_000);
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static int roundTrip(Socket socket, int value) throws IOException {
        socket.getOutputStream().write(value);
        return socket.getInputStream().read();
    }

    @Test
    void passesAndDelays() throws IOException {
        try (Socket socket = connect()) {
            assertThat(roundTrip(socket, 7)).isEqualTo(7);
            proxy.delay(Duration.ofMillis(SHORT_MILLIS));
            long before = System.nanoTime();
            assertThat(roundTrip(socket, 8)).isEqualTo(8);
            assertThat(Duration.ofNanos(System.nanoTime() - before))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(SHORT_MILLIS));
            proxy.heal();
            assertThat(roundTrip(socket, 9)).isEqualTo(9);
        }
    }

    @Test
    void holdsWithoutAWordAndResetsWhenItHeals() throws IOException {
        try (Socket socket = connect()) {
            assertThat(roundTrip(socket, 1)).isEqualTo(1);
            proxy.hold();
            socket.setSoTimeout(SHORT_MILLIS);
            assertThatThrownBy(() -> roundTrip(socket, 2)).isInstanceOf(SocketTimeoutException.class);
            socket.setSoTimeout(30_000);
            proxy.heal();
            assertThatThrownBy(() -> {
                        if (socket.getInputStream().read() < 0) {
                            throw new IOException("ended");
                        }
                        roundTrip(socket, 3);
                        roundTrip(socket, 4);
                    })
                    .isInstanceOf(IOException.class);
        }
        try (Socket socket = connect()) {
            assertThat(roundTrip(socket, 5)).isEqualTo(5);
        }
    }

    @Test
    void cutsAndRefuses() throws IOException {
        try (Socket socket = connect()) {
            assertThat(roundTrip(socket, 1)).isEqualTo(1);
            proxy.refuse();
            assertThatThrownBy(() -> {
                        if (socket.getInputStream().read() < 0) {
                            throw new IOException("ended");
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> {
                    try (Socket socket = connect()) {
                        if (roundTrip(socket, 2) < 0) {
                            throw new IOException("ended");
                        }
                    }
                })
                .isInstanceOf(IOException.class);
        proxy.heal();
        try (Socket socket = connect()) {
            assertThat(roundTrip(socket, 3)).isEqualTo(3);
        }
    }
}
