package io.fleetscale.wire.derp;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/** Any bytes in any pieces: the same frames as in one piece, no other exception, no buffer left. */
class DerpFrameDecoderFuzzTest {
    private static final int MAX_STREAM_BYTES = 1 << 17;

    @FuzzTest
    void decodesAnyStreamInAnyPieces(FuzzedDataProvider data) {
        boolean greetFirst = data.consumeBoolean();
        int pieceBytes = data.consumeInt(1, 64);
        byte[] stream = data.consumeBytes(MAX_STREAM_BYTES);
        if (decode(stream, stream.length, greetFirst).equals(decode(stream, pieceBytes, greetFirst))) {
            return;
        }
        throw new AssertionError("pieces of " + pieceBytes + " bytes decode to other frames");
    }

    @FuzzTest
    void readsAnyClientInfo(byte[] json) {
        try {
            ClientInfo.parse(json);
        } catch (FrameException refused) {
            if (refused.fault() != FrameFault.BAD_CLIENT_INFO) {
                throw refused;
            }
        }
    }

    private static List<String> decode(byte[] stream, int pieceBytes, boolean greetFirst) {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
        RecordingSink sink = new RecordingSink();
        DerpFrameDecoder decoder = new DerpFrameDecoder(allocator);
        List<String> seen = new ArrayList<>();
        try (decoder) {
            if (greetFirst) {
                ByteBuf greeting = allocator.buffer();
                DerpFrameEncoder.clientInfo(greeting, DerpVectors.NODE.publicKey(), new byte[24]);
                decoder.decode(greeting, sink);
            }
            for (int from = 0; from < stream.length; from += pieceBytes) {
                int length = Math.min(pieceBytes, stream.length - from);
                decoder.decode(allocator.buffer(length).writeBytes(stream, from, length), sink);
            }
        } catch (FrameException violation) {
            seen.add(violation.fault().name());
        }
        seen.addAll(sink.frames);
        if (allocator.metric().usedHeapMemory() != 0) {
            throw new AssertionError("a buffer was not released");
        }
        return seen;
    }
}
