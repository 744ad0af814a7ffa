package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.frontdoor.noise.NoiseRecords;
import io.fleetscale.control.testing.NoiseTestClient;
import io.fleetscale.control.testing.NoiseTestClient.StreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client with a machine key, so anybody, may try. */
@Timeout(60)
@SuppressWarnings("FutureReturnValueIgnored") // an abuser does not wait for the outcome
class NoiseAbuseIT {
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM_AND_HEADERS = 5;
    /** :method GET, :scheme https, :path / from the static table. */
    private static final byte[] BLOCK = {(byte) 0x82, (byte) 0x87, (byte) 0x84};

    @Test
    void rapidResetsEndTheConnection() throws Exception {
        try (RunningDoor door = new RunningDoor().start();
                NoiseTestClient client = door.client()) {
            warmUp(client);
            for (int i = 0; i < 1000; i++) {
                int stream = 2 * i + 101;
                sendFrame(client, HEADERS, END_STREAM_AND_HEADERS, stream, BLOCK);
                sendFrame(client, RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
            }
            assertThat(client.channel().closeFuture().await(20, TimeUnit.SECONDS))
                    .isTrue();
            assertServes(door);
        }
    }

    @Test
    void continuationFloodEndsTheConnection() throws Exception {
        try (RunningDoor door = new RunningDoor().start();
                NoiseTestClient client = door.client()) {
            warmUp(client);
            sendFrame(client, HEADERS, 1, 101, BLOCK);
            for (int i = 0; i < 10_000; i++) {
                sendFrame(client, CONTINUATION, 0, 101, new byte[0]);
            }
            assertThat(client.channel().closeFuture().await(20, TimeUnit.SECONDS))
                    .isTrue();
            assertServes(door);
        }
    }

    @Test
    void hugeHeadersAndFramesAreRefused() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            try (NoiseTestClient client = door.client()) {
                warmUp(client);
                byte[] block = new byte[16_000]; // many literal headers: name "a", value of 1000 bytes
                sendFrame(client, HEADERS, 0, 101, block);
                sendFrame(client, CONTINUATION, 4, 101, block);
                assertThat(client.channel().closeFuture().await(20, TimeUnit.SECONDS))
                        .isTrue();
            }
            try (NoiseTestClient client = door.client()) {
                warmUp(client);
                sendFrame(client, 0, 0, 101, new byte[20_000]); // larger than SETTINGS_MAX_FRAME_SIZE
                assertThat(client.channel().closeFuture().await(20, TimeUnit.SECONDS))
                        .isTrue();
            }
            assertServes(door);
        }
    }

    /** A client that is gone without a word, or hangs: its system still acknowledges, but no PING is answered. */
    @Test
    @Tag("full") // the server asks after 15-30 s and waits as long again
    @Timeout(120)
    void silentClientsAreClosed() throws Exception {
        AtomicReference<@Nullable MapStream> opened = new AtomicReference<>();
        RunningDoor door = new RunningDoor();
        door.rpcs.add(
                "POST",
                "/machine/map",
                (request, response) -> opened.set(response.openStream(200, "application/json")));
        try (door;
                NoiseTestClient client = door.start().client();
                NoiseTestClient lively = door.client()) {
            client.call("POST", "/machine/map", new byte[] {'{', '}'});
            await().until(() -> opened.get() != null);
            client.channel().config().setAutoRead(false);
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> door.door().meters().refused(Refusal.PING_TIMEOUT) == 1);
            MapStream map = java.util.Objects.requireNonNull(opened.get());
            await().until(() -> !map.isOpen());
            warmUp(lively); // whoever answers stays
        }
    }

    @Test
    void oversizedBodyIsRefusedAndTheConnectionGoesOn() throws Exception {
        try (RunningDoor door = new RunningDoor().start();
                NoiseTestClient client = door.client()) {
            byte[] big = new byte[Limits.DEFAULT.rpcBodyBytes() + 1];
            assertThat(client.call("POST", "/machine/echo", big)
                            .get(20, TimeUnit.SECONDS)
                            .status())
                    .isEqualTo(413);
            warmUp(client);
        }
    }

    @Test
    void badRecordEndsTheConnection() throws Exception {
        try (RunningDoor door = new RunningDoor().start();
                NoiseTestClient client = door.client()) {
            warmUp(client);
            ChannelHandlerContext records = client.channel().pipeline().context(NoiseRecords.class);
            records.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {4, 0, 16}, new byte[16]));
            assertThat(client.channel().closeFuture().await(20, TimeUnit.SECONDS))
                    .isTrue();
            await().until(() -> door.door().meters().refused(Refusal.BAD_RECORD) == 1);
            assertServes(door);
        }
    }

    @Test
    void slowReaderIsCutOffAndHoldsLittle() throws Exception {
        AtomicReference<@Nullable MapStream> opened = new AtomicReference<>();
        AtomicInteger ends = new AtomicInteger();
        RunningDoor door = new RunningDoor();
        door.limits = stallAfter(Duration.ofMillis(500));
        door.rpcs.add("POST", "/machine/map", (request, response) -> {
            MapStream stream = response.openStream(200, "application/json");
            stream.onClosed(ends::incrementAndGet);
            opened.set(stream);
        });
        try (door;
                NoiseTestClient client = door.start().client()) {
            Http2StreamChannel stream =
                    client.stream("POST", "/machine/map", new byte[0], deaf()).get(10, TimeUnit.SECONDS);
            stream.config().setAutoRead(false);
            await().until(() -> opened.get() != null);
            MapStream map = java.util.Objects.requireNonNull(opened.get());
            AtomicInteger written = new AtomicInteger();
            Runnable fill = () -> {
                while (map.isWritable() && written.incrementAndGet() < 10_000) {
                    map.write(Unpooled.wrappedBuffer(new byte[10_000]));
                }
            };
            map.eventLoop().execute(() -> {
                map.onWritable(fill);
                fill.run();
            });
            await().until(() -> ends.get() == 1);
            stream.close().await(5, TimeUnit.SECONDS);
            assertThat(written.get()).isLessThan(100);
            assertThat(door.door().meters().refused(Refusal.SLOW_READER)).isEqualTo(1);
            assertServes(door);
        }
    }

    private static Limits stallAfter(Duration time) {
        Limits all = Limits.DEFAULT;
        return new Limits(
                all.connections(),
                all.sourceConnections(),
                all.sourceHandshakes(),
                all.sourceRequests(),
                all.machineConnections(),
                all.machineRequests(),
                all.headTimeout(),
                all.bodyTimeout(),
                all.idleTimeout(),
                all.noiseIdleTimeout(),
                time,
                all.headBytes(),
                all.rpcBodyBytes(),
                all.bodyBytesInFlight(),
                all.concurrentRequests(),
                all.waitingHandshakes());
    }

    private static void warmUp(NoiseTestClient client) throws Exception {
        assertThat(client.call("GET", "/machine/whoami", new byte[0])
                        .get(10, TimeUnit.SECONDS)
                        .status())
                .isEqualTo(200);
    }

    private static void assertServes(RunningDoor door) throws Exception {
        try (NoiseTestClient other = door.client()) {
            warmUp(other);
        }
    }

    /** Writes below the client's HTTP/2 codec and above its records. */
    private static void sendFrame(NoiseTestClient client, int type, int flags, int stream, byte[] payload) {
        ByteBuf frame = Unpooled.buffer(9 + payload.length)
                .writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
        ChannelHandlerContext codec = client.channel().pipeline().context(Http2FrameCodec.class);
        if (codec == null) { // closed by the server already
            frame.release();
            return;
        }
        codec.writeAndFlush(frame);
    }

    private static StreamListener deaf() {
        return new StreamListener() {
            @Override
            public void onHead(int status) {}

            @Override
            public void onData(ByteBuf piece) {}

            @Override
            public void onEnd(Optional<Throwable> cause) {}
        };
    }
}
