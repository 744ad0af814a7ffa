package io.fleetscale.wire.noise;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Four zero bytes and a counter, big-endian, unlike the Noise specification. Source: tailscale controlbase/conn.go. */
final class RecordNonce {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int LENGTH = 12;

    private RecordNonce() {}

    /** @throws NoiseException EXHAUSTED for 2^64 - 1, which is never used */
    static byte[] of(long counter) throws NoiseException {
        if (counter == -1) {
            throw new NoiseException(NoiseException.Reason.EXHAUSTED, "all nonces of this direction are used up");
        }
        byte[] nonce = new byte[LENGTH];
        LONG.set(nonce, 4, counter);
        return nonce;
    }
}
