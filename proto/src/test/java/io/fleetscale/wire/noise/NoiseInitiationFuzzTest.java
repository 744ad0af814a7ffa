package io.fleetscale.wire.noise;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Bytes in the place of an initiation, or of a server's answer, are refused by a {@link NoiseException} only. */
class NoiseInitiationFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void initiation(byte @Nullable [] data) {
        if (data == null) {
            return;
        }
        byte[] sized = Arrays.copyOf(data, NoiseFormat.INITIATION_LENGTH);
        sized[2] = NoiseFormat.TYPE_INITIATION;
        sized[3] = 0;
        sized[4] = NoiseFormat.INITIATION_PAYLOAD_LENGTH;
        for (byte[] message : new byte[][] {data, sized}) {
            try {
                ResponderHandshake.read(message, Vectors.SERVER);
            } catch (NoiseException expected) {
                // refused
            }
        }
    }

    @FuzzTest(maxDuration = "60s")
    void answer(byte @Nullable [] data) throws NoiseException {
        if (data == null) {
            return;
        }
        InitiatorHandshake initiator = InitiatorHandshake.start(
                Vectors.MACHINE, Vectors.SERVER.publicKey(), Vectors.VERSION, Vectors.CLIENT_EPHEMERAL);
        try {
            initiator.finish(data);
        } catch (NoiseException expected) {
            // refused
        }
    }
}
