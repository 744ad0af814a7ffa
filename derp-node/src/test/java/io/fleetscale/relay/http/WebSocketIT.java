package io.fleetscale.relay.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.relay.testing.TestRelay;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A browser's node: the frames inside WebSocket messages that are cut anywhere. */
class WebSocketIT {
    private final RelayConfig config = RelayConfig.withDefaults(BoxKeyPair.generate(new SecureRandom()));
    private final TestRelay relay =
            TestRelay.plain(config, (node, source) -> CompletableFuture.completedFuture(Verdict.ADMITTED), 2);

    @AfterEach
    void stopRelay() {
        relay.close();
    }

    @Test
    void carriesFramesInMessagesOfAnySize() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient();
                TestNode keys = TestNode.plain(relay.address());
                TestNode peer = TestNode.plain(relay.address()).join()) {
            Browser browser = new Browser();
            WebSocket socket = browser.connect(http, "derp");
            assertThat(socket.getSubprotocol()).isEqualTo("derp");
            assertThat(browser.take(45)[0]).isEqualTo((byte) 0x01);
            byte[] hello = TestNode.bytes(buffer -> {
                keys.greeting(config.identity().publicKey(), "{\"version\":2}").accept(buffer);
                DerpFrameEncoder.sendPacket(buffer, peer.key().raw(), new byte[] {1, 2, 3});
            });
            for (int from = 0; from < hello.length; from += 10) {
                byte[] piece = Arrays.copyOfRange(hello, from, Math.min(hello.length, from + 10));
                socket.sendBinary(ByteBuffer.wrap(piece), from % 20 == 0).get(5, TimeUnit.SECONDS);
            }
            socket.sendBinary(ByteBuffer.allocate(0), true).get(5, TimeUnit.SECONDS);
            assertThat(browser.take(DerpLimits.HEADER_BYTES + 53)[0]).isEqualTo((byte) 0x03);
            assertThat(peer.next().afterKey()).containsExactly(1, 2, 3);

            peer.send(keys.key(), new byte[40_000]);
            assertThat(browser.take(5 + 32 + 40_000)[0]).isEqualTo((byte) 0x05);
            assertThat(browser.largestMessage).isLessThanOrEqualTo(WebSocketBytes.MAX_MESSAGE_BYTES);
            socket.sendText("no", true).get(5, TimeUnit.SECONDS);
            assertThat(browser.closed.get(5, TimeUnit.SECONDS)).isEqualTo(1003);
        }
    }

    @Test
    void refusesAnotherSubprotocol() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            Browser browser = new Browser();
            assertThat(CompletableFuture.supplyAsync(() -> browser.connectUnchecked(http, "derpx")))
                    .failsWithin(5, TimeUnit.SECONDS);
        }
    }

    private final class Browser implements WebSocket.Listener {
        private final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
        private final ByteArrayOutputStream unread = new ByteArrayOutputStream();
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private int largestMessage;

        WebSocket connect(HttpClient http, String subprotocol) throws Exception {
            return builder(http, subprotocol).get(5, TimeUnit.SECONDS);
        }

        WebSocket connectUnchecked(HttpClient http, String subprotocol) {
            return builder(http, subprotocol).join();
        }

        private CompletableFuture<WebSocket> builder(HttpClient http, String subprotocol) {
            URI uri = URI.create("ws://127.0.0.1:" + relay.address().getPort() + "/derp");
            return http.newWebSocketBuilder().subprotocols(subprotocol).buildAsync(uri, this);
        }

        /** The next bytes of the stream, whatever messages they came in. */
        byte[] take(int count) throws InterruptedException {
            while (unread.size() < count) {
                byte[] next = messages.poll(5, TimeUnit.SECONDS);
                assertThat(next).as("a message").isNotNull();
                unread.writeBytes(next);
            }
            byte[] all = unread.toByteArray();
            unread.reset();
            unread.write(all, count, all.length - count);
            return Arrays.copyOf(all, count);
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            message.writeBytes(bytes);
            if (last) {
                largestMessage = Math.max(largestMessage, message.size());
                messages.add(message.toByteArray());
                message.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            closed.complete(status);
            return null;
        }
    }
}
