package io.fleetscale.wire.derp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Any bytes in any pieces: the same frames as in one piece, no other exception, no buffer left. */
class DerpFrameDecoderFuzzTest {
    /** The first byte says whether a greeting goes ahead, the second the size of the pieces, the rest is the stream. */
    @FuzzTest(maxDuration = "60s")
    void decodesAnyStreamInAnyPieces(byte[] input) {
        if (input.length < 3) {
            return;
        }
        boolean greetFirst = (input[0] & 1) != 0;
        int pieceBytes = 1 + (input[1] & 63);
        byte[] stream = Arrays.copyOfRange(input, 2, input.length);
        if (!decode(stream, stream.length, greetFirst).equals(decode(stream, pieceBytes, greetFirst))) {
            throw new AssertionError("pieces of " + pieceBytes + " bytes decode to other frames");
        }
    }

    @FuzzTest(maxDuration = "60s")
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
