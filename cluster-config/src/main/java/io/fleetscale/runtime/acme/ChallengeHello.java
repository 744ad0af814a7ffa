package io.fleetscale.runtime.acme;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Recognises the TLS connection by which an authority checks a name, at its first record: it offers the protocol {@code
 * acme-tls/1} and nothing else. Source: RFC 8737, 3. Thread-safe: only static functions.
 */
public final class ChallengeHello {
    private static final int RECORD_HEADER = 5;
    private static final int LENGTH_INDEX = 3;
    private static final int MAX_RECORD = 16_384;
    /** The name behind its length. */
    private static final byte[] PROTOCOL = "\nacme-tls/1".getBytes(StandardCharsets.US_ASCII);

    private ChallengeHello() {}

    /** Whether the first TLS record is there; the ClientHello of a challenge fits into one. */
    public static boolean isWhole(ByteBuf in) {
        return in.readableBytes() >= RECORD_HEADER
                && in.readableBytes() - RECORD_HEADER
                        >= Math.min(in.getUnsignedShort(in.readerIndex() + LENGTH_INDEX), MAX_RECORD);
    }

    /** Whether a whole first record is that of a check. */
    public static boolean offersChallenge(ByteBuf in) {
        for (int i = in.readerIndex(); i <= in.writerIndex() - PROTOCOL.length; i++) {
            int same = 0;
            while (same < PROTOCOL.length && in.getByte(i + same) == PROTOCOL[same]) {
                same++;
            }
            if (same == PROTOCOL.length) {
                return true;
            }
        }
        return false;
    }
}
