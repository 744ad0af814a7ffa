package io.fleetscale.wire.noise;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Bytes in the place of records or an early payload are refused by a {@link NoiseException} only, and nothing leaks. */
class NoiseRecordFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void records(byte @Nullable [] data) {
        if (data == null) {
            return;
        }
        RecordOpener opener = new RecordOpener(new SecretKeySpec(new byte[32], "ChaCha20"));
        ByteBuf in = Unpooled.buffer(NoiseFormat.MAX_RECORD_LENGTH).writeBytes(data);
        try {
            @Nullable ByteBuf plain = opener.open(in);
            while (plain != null) {
                plain.release();
                plain = opener.open(in);
            }
        } catch (NoiseException expected) {
            // refused
        }
        if (!in.release()) {
            throw new AssertionError("a slice of the record leaked");
        }
    }

    @FuzzTest(maxDuration = "60s")
    void earlyPayload(byte @Nullable [] data) {
        if (data == null) {
            return;
        }
        try {
            if (data.length >= EarlyPayload.HEADER_LENGTH) {
                EarlyPayload.jsonLength(data);
            }
            EarlyPayload.decode(data);
        } catch (NoiseException expected) {
            // refused
        }
    }
}
