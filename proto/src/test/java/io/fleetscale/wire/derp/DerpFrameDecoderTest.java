package io.fleetscale.wire.derp;

import static io.fleetscale.wire.derp.DerpVectors.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DerpFrameDecoderTest {
    private static final String GREETING = "0200000068883186b800b41d5cf0429695da9b3cc4f328ebcd184a6e482fa578c103f06c77"
            + "000102030405060708090a0b0c0d0e0f10111213141516175242a22ccc844a98af5e60c3720086b8"
            + "8ded30ceab266dfdfcbf3bb0e5eef1819588d5bb9962a2031c1b5dc1b0654de1";
    private static final String HELLO = "0400000025" + DerpVectors.DESTINATION_PUBLIC + "68656c6c6f";
    private static final List<String> STREAM = List.of(
            GREETING,
            HELLO,
            "070000000101", // NotePreferred
            "120000000a0102030405060708ffff", // Ping with two bytes more than needed
            "4d00000003aabbcc", // a type that nobody knows
            "0600000000", // KeepAlive is not for relays
            "0a00000040" + DerpVectors.NODE_PUBLIC + DerpVectors.DESTINATION_PUBLIC, // ForwardPacket, empty
            "1000000000", // WatchConns
            "1100000020" + DerpVectors.DESTINATION_PUBLIC, // ClosePeer
            GREETING, // skipped the second time
            "0400000020" + DerpVectors.DESTINATION_PUBLIC); // SendPacket, empty

    private static final List<String> FRAMES = List.of(
            "info " + DerpVectors.NODE_PUBLIC + " " + GREETING.substring(74),
            "send " + HELLO,
            "preferred true",
            "ping " + 0x0102030405060708L,
            "skipped 77 3",
            "skipped 6 0",
            "forward " + STREAM.get(6),
            "watch",
            "close " + DerpVectors.DESTINATION_PUBLIC,
            "skipped 2 104",
            "send " + STREAM.get(10));

    private final RecordingSink sink = new RecordingSink();
    private final DerpFrameDecoder decoder = new DerpFrameDecoder(ByteBufAllocator.DEFAULT);

    @Test
    void decodesAWholeStream() {
        feed(stream());
        assertThat(sink.frames).isEqualTo(FRAMES);
        decoder.close();
    }

    @Test
    void decodesTheStreamInPiecesOfAnySize() {
        for (int piece = 1; piece < 200; piece++) {
            RecordingSink pieces = new RecordingSink();
            byte[] stream = stream();
            try (DerpFrameDecoder fresh = new DerpFrameDecoder(ByteBufAllocator.DEFAULT)) {
                for (int from = 0; from < stream.length; from += piece) {
                    fresh.decode(
                            Unpooled.copiedBuffer(
                                    Arrays.copyOfRange(stream, from, Math.min(stream.length, from + piece))),
                            pieces);
                }
            }
            assertThat(pieces.frames).as("pieces of %d", piece).isEqualTo(FRAMES);
        }
    }

    @Test
    void holdsBackWhatComesWhilePaused() {
        decoder.pause();
        byte[] stream = stream();
        feed(Arrays.copyOf(stream, 150));
        feed(Arrays.copyOfRange(stream, 150, stream.length));
        assertThat(sink.frames).isEmpty();
        decoder.resume(sink);
        assertThat(sink.frames).isEqualTo(FRAMES);
        decoder.close();
    }

    @Test
    void boundsWhatItHoldsBack() {
        decoder.pause();
        feed(new byte[DerpFrameDecoder.MAX_HELD_BYTES]);
        assertThatExceptionOfType(FrameException.class)
                .isThrownBy(() -> feed(new byte[1]))
                .satisfies(e -> assertThat(e.fault()).isEqualTo(FrameFault.TOO_MUCH_BEFORE_ADMISSION));
    }

    @ParameterizedTest
    @CsvSource({
        "0400000025, NO_GREETING",
        "0000000000, NO_GREETING",
        "0200000037, BAD_LENGTH", // 55: shorter than key and nonce
        "0200040001, BAD_LENGTH", // 262145
        "02ffffffff, BAD_LENGTH"
    })
    void refusesABadFirstHeaderAtOnce(String header, FrameFault fault) {
        assertThatExceptionOfType(FrameException.class)
                .isThrownBy(() -> feed(hex(header)))
                .satisfies(e -> assertThat(e.fault()).isEqualTo(fault));
    }

    @ParameterizedTest
    @CsvSource({
        "040000001f", // SendPacket 31
        "0400010021", // 65569
        "0a0000003f", // ForwardPacket 63
        "0a00010041", // 65601
        "0700000000", // NotePreferred 0
        "0700000002", // and 2
        "1200000007", // Ping 7
        "12000003e9", // 1001
        "1000000001", // WatchConns 1
        "110000001f", // ClosePeer 31
        "4d00100001", // unknown, above 1 MiB
        "4dffffffff"
    })
    void refusesABadLengthAtOnceAndEverythingAfterIt(String header) {
        feed(hex(GREETING));
        assertThatExceptionOfType(FrameException.class)
                .isThrownBy(() -> feed(hex(header)))
                .satisfies(e -> assertThat(e.fault()).isEqualTo(FrameFault.BAD_LENGTH));
        feed(hex(HELLO));
        assertThat(sink.frames).hasSize(1);
    }

    @Test
    void skipsALongUnknownFrameWithoutKeepingIt() {
        feed(hex(GREETING, "4d00030d40")); // 200,000 bytes
        for (int i = 0; i < 200; i++) {
            feed(new byte[1000]);
        }
        feed(hex(HELLO));
        assertThat(sink.frames.subList(1, 3)).containsExactly("skipped 77 200000", "send " + HELLO);
        decoder.close();
    }

    @Test
    void decodesTheLargestPacketInRandomPieces() {
        long seed = System.nanoTime();
        System.out.println("DerpFrameDecoderTest seed " + seed);
        Random random = new Random(seed);
        byte[] frame = new byte[DerpLimits.HEADER_BYTES + DerpLimits.MAX_SEND_PACKET_BYTES];
        random.nextBytes(frame);
        System.arraycopy(hex("0400010020"), 0, frame, 0, 5);
        feed(hex(GREETING));
        for (int round = 0; round < 5; round++) {
            for (int from = 0; from < frame.length; ) {
                int piece = Math.min(frame.length - from, 1 + random.nextInt(5000));
                feed(Arrays.copyOfRange(frame, from, from + piece));
                from += piece;
            }
        }
        assertThat(sink.frames.subList(1, 6)).containsOnly("send " + ByteBufUtil.hexDump(frame));
        decoder.close();
    }

    private void feed(byte[] bytes) {
        ByteBuf buffer =
                ByteBufAllocator.DEFAULT.buffer(Math.max(1, bytes.length)).writeBytes(bytes);
        try {
            decoder.decode(buffer, sink);
        } finally {
            assertThat(buffer.refCnt()).as("the decoder takes over its input").isZero();
        }
    }

    private static byte[] stream() {
        return hex(STREAM.stream().collect(Collectors.joining()));
    }
}
