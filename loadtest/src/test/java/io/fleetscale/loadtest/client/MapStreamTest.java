package io.fleetscale.loadtest.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.wire.zstd.ZstdCompressor;
import io.fleetscale.wire.zstd.ZstdFrames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MapStreamTest implements MapReceiver, MapStream.Listener {
    private final List<String> told = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(new MapStream(this, this, true));

    @Override
    public void begin() {
        told.add("begin");
    }

    @Override
    public Kind message(byte @Nullable [] json, int length, int frameBytes) {
        told.add(json == null ? "" : new String(json, 0, length, StandardCharsets.UTF_8));
        return Kind.DELTA;
    }

    @Override
    public void onMessage(Kind kind) {}

    @Override
    public void onEnd(Optional<Throwable> cause) {
        told.add(cause.map(Throwable::getMessage).orElse("end"));
    }

    @Test
    void cutsTheStreamIntoMessagesWhereverTheDataFramesEnd() {
        long seed = System.nanoTime();
        System.out.println("MapStreamTest seed " + seed);
        Random random = new Random(seed);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        try (ZstdCompressor compressor = new ZstdCompressor()) {
            byte[] two = join(compressor.compress(bytes("{\"Peers\":[")), ZstdFrames.stored(bytes("]}")));
            append(stream, compressor.compress(bytes("first")));
            append(stream, two);
            append(stream, withoutContentSize(bytes("third")));
        }
        byte[] all = stream.toByteArray();
        head("200");
        for (int at = 0; at < all.length; ) {
            int length = Math.min(random.nextInt(1, 12), all.length - at);
            data(Unpooled.copiedBuffer(all, at, length), at + length == all.length);
            at += length;
        }
        assertThat(told).containsExactly("begin", "first", "{\"Peers\":[]}", "third", "end");
    }

    @Test
    void refusesALengthThatNoMessageHas() {
        head("200");
        data(Unpooled.buffer().writeIntLE(-1), false);
        assertThat(told).hasSize(2).last().asString().startsWith("map message of 4294967295 bytes");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void refusesWhatIsNotCompressed() {
        head("200");
        data(Unpooled.buffer().writeIntLE(4).writeInt(42), false);
        assertThat(told).containsExactly("begin", "map message does not decompress");
    }

    @Test
    void tellsTheStatusOfARefusedPoll() {
        head("503");
        data(Unpooled.copiedBuffer("busy", StandardCharsets.UTF_8), true);
        assertThat(told).containsExactly("map poll: status 503");
    }

    private void head(String status) {
        channel.writeInbound(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status(status), false));
    }

    private void data(ByteBuf piece, boolean end) {
        channel.writeInbound(new DefaultHttp2DataFrame(piece, end));
    }

    private static void append(ByteArrayOutputStream stream, byte[] message) {
        byte[] prefix = new byte[4];
        Unpooled.wrappedBuffer(prefix).setIntLE(0, message.length);
        stream.writeBytes(prefix);
        stream.writeBytes(message);
    }

    /** Window of 1 KiB instead of a content size, one raw block. Source: RFC 8878 section 3.1.1. */
    private static byte[] withoutContentSize(byte[] content) {
        int block = content.length << 3 | 1;
        byte[] head = {
            0x28,
            (byte) 0xB5,
            0x2F,
            (byte) 0xFD, // magic
            0,
            0, // descriptor, window
            (byte) block,
            (byte) (block >> 8),
            (byte) (block >> 16)
        };
        return join(head, content);
    }

    private static byte[] join(byte[] a, byte[] b) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.writeBytes(a);
        joined.writeBytes(b);
        return joined.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
