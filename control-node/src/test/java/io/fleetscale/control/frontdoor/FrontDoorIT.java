package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.testing.NoiseTestClient;
import io.fleetscale.control.testing.NoiseTestClient.Answer;
import io.fleetscale.control.testing.NoiseTestClient.StreamListener;
import io.fleetscale.control.testing.NoiseTestClient.Target;
import io.fleetscale.wire.noise.NoiseException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class FrontDoorIT {
    @Test
    void callsTravelThroughNoise() throws Exception {
        try (RunningDoor door = new RunningDoor().start();
                NoiseTestClient client = door.client()) {
            assertThat(client.early()).isPresent();
            Answer who = client.call("GET", "/machine/whoami", new byte[0]).get(10, TimeUnit.SECONDS);
            assertThat(who.status()).isEqualTo(200);
            assertThat(who.text()).startsWith("mkey:").endsWith(" 145 127.0.0.1");

            byte[] big = new byte[900_000];
            RunningDoor.RANDOM.nextBytes(big);
            Answer echo = client.call("POST", "/machine/echo", big).get(10, TimeUnit.SECONDS);
            assertThat(echo.body()).isEqualTo(big);

            assertThat(client.call("POST", "/machine/quiet", new byte[] {1})
                            .get(10, TimeUnit.SECONDS)
                            .status())
                    .isEqualTo(204);
            assertThat(client.call("GET", "/machine/nothing", new byte[0])
                            .get(10, TimeUnit.SECONDS)
                            .status())
                    .isEqualTo(404);
            assertThat(client.call("GET", "/machine/echo", new byte[0])
                            .get(10, TimeUnit.SECONDS)
                            .status())
                    .isEqualTo(405);
            Answer failed = client.call("POST", "/machine/fails", new byte[0]).get(10, TimeUnit.SECONDS);
            assertThat(failed.status()).isEqualTo(500);
            assertThat(failed.text()).isEqualTo("internal server error\n");
        }
    }

    @Test
    void mapStreamCarriesPiecesAndTellsItsEnd() throws Exception {
        AtomicReference<@Nullable MapStream> opened = new AtomicReference<>();
        AtomicBoolean closed = new AtomicBoolean();
        RunningDoor door = new RunningDoor();
        door.rpcs.add("POST", "/machine/map", (request, response) -> {
            MapStream stream = response.openStream(200, "application/json");
            stream.onClosed(() -> closed.set(true));
            opened.set(stream);
        });
        try (door;
                NoiseTestClient client = door.start().client()) {
            List<String> pieces = new CopyOnWriteArrayList<>();
            Http2StreamChannel stream = client.stream("POST", "/machine/map", new byte[] {'{', '}'}, collect(pieces))
                    .get(10, TimeUnit.SECONDS);
            await().until(() -> opened.get() != null);
            MapStream map = java.util.Objects.requireNonNull(opened.get());
            for (int i = 0; i < 3; i++) {
                String piece = "piece " + i + ";";
                map.eventLoop().execute(() -> map.write(Unpooled.copiedBuffer(piece, StandardCharsets.UTF_8)));
            }
            await().until(() -> String.join("", pieces).equals("piece 0;piece 1;piece 2;"));
            assertThat(map.isOpen()).isTrue();
            assertThat(closed).isFalse();
            assertThatThrownBy(() -> map.write(Unpooled.EMPTY_BUFFER)).isInstanceOf(IllegalStateException.class);
            assertThat(stream.close().await(5, TimeUnit.SECONDS)).isTrue();
            await().untilTrue(closed);
            assertThat(map.isOpen()).isFalse();
        }
    }

    /** Boxes that are never updated try again for ever: one line says which it is. */
    @Test
    void f025OldClientsAreNamedOnce() throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger("io.fleetscale.control.frontdoor");
        lines.start();
        logger.addAppender(lines);
        RunningDoor closed = new RunningDoor();
        closed.rpcs.naming(machine -> "old-box");
        try (RunningDoor door = closed.start()) {
            for (int i = 0; i < 20; i++) {
                assertThatThrownBy(() -> door.client(Target.plain(door.address()), 85))
                        .hasCauseInstanceOf(NoiseException.class);
            }
            await().until(() -> door.door().meters().refused(Refusal.OLD_VERSION) == 20);
            assertThat(lines.list).singleElement().satisfies(line -> {
                assertThat(line.getFormattedMessage())
                        .contains(
                                "capability version 85",
                                "minimum 113 (Tailscale 1.80)",
                                "machine key [",
                                "], node old-box");
                assertThat(String.valueOf(line.getKeyValuePairs())).contains("127.0.0.1");
            });
        } finally {
            logger.detachAppender(lines);
        }
    }

    @Test
    void oldClientIsToldWhatIsNeeded() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThatThrownBy(() -> door.client(Target.plain(door.address()), 85))
                    .hasCauseInstanceOf(NoiseException.class)
                    .hasMessageContaining("capability version 85 is too old: minimum 113 (Tailscale 1.80)");
        }
    }

    @Test
    void connectionsAreCountedAndDrained() throws Exception {
        try (RunningDoor door = new RunningDoor().start();
                NoiseTestClient client = door.client()) {
            client.call("GET", "/machine/whoami", new byte[0]).get(10, TimeUnit.SECONDS);
            assertThat(door.door().meters().noiseConnections()).hasValue(1);
            door.door().drain(java.time.Duration.ofMillis(100));
            assertThat(client.channel().closeFuture().await(10, TimeUnit.SECONDS))
                    .isTrue();
            await().until(() -> door.door().meters().noiseConnections().get() == 0);
            await().until(() -> door.door().connections() == 0);
        }
    }

    private static StreamListener collect(List<String> pieces) {
        return new StreamListener() {
            @Override
            public void onHead(int status) {}

            @Override
            public void onData(ByteBuf piece) {
                pieces.add(piece.toString(StandardCharsets.UTF_8));
            }

            @Override
            public void onEnd(Optional<Throwable> cause) {}
        };
    }

    static <T> T within(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }
}
