package io.fleetscale.wire.noise;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.GeneralSecurityException;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Opens the records of one direction, in place. Holds a key and a counter. Confined to one thread at a time; useless
 * after a {@link NoiseException}.
 */
public final class RecordOpener {
    private static final byte[] NO_AAD = new byte[0];
    private static final ThreadLocal<byte[]> SCRATCH =
            ThreadLocal.withInitial(() -> new byte[NoiseFormat.MAX_RECORD_LENGTH]);

    private final SecretKey key;
    private long counter;
    private boolean broken;

    public RecordOpener(SecretKey key) {
        this(key, 0);
    }

    RecordOpener(SecretKey key, long counter) {
        this.key = key;
        this.counter = counter;
    }

    /**
     * Opens the next record of {@code in}, whose bytes it overwrites.
     *
     * @return a retained slice of {@code in} with the plaintext, which may be empty; null if the record is not there as
     *     a whole yet (nothing is read then)
     * @throws NoiseException for a type, a length or a tag that is wrong, and ever after
     */
    public @Nullable ByteBuf open(ByteBuf in) throws NoiseException {
        if (broken) {
            throw NoiseException.crypto("an earlier record of this connection was bad");
        }
        int available = in.readableBytes();
        if (available < NoiseFormat.HEADER_LENGTH) {
            return null;
        }
        int start = in.readerIndex();
        int type = in.getUnsignedByte(start);
        int length = in.getUnsignedShort(start + 1);
        if (type != NoiseFormat.TYPE_RECORD) {
            broken = true;
            throw NoiseException.malformed("message type " + type + ": records have type " + NoiseFormat.TYPE_RECORD);
        }
        if (length < NoiseFormat.TAG_LENGTH || length > NoiseFormat.MAX_CIPHERTEXT_LENGTH) {
            broken = true;
            throw NoiseException.malformed("record of " + length + " bytes: must be " + NoiseFormat.TAG_LENGTH + ".."
                    + NoiseFormat.MAX_CIPHERTEXT_LENGTH);
        }
        if (available < NoiseFormat.HEADER_LENGTH + length) {
            return null;
        }
        int body = start + NoiseFormat.HEADER_LENGTH;
        try {
            open(in, body, length);
        } catch (GeneralSecurityException e) {
            broken = true;
            throw NoiseException.crypto("tag of record does not fit");
        }
        in.skipBytes(NoiseFormat.HEADER_LENGTH + length);
        int plain = length - NoiseFormat.TAG_LENGTH;
        return plain == 0 ? Unpooled.EMPTY_BUFFER : in.retainedSlice(body, plain);
    }

    private void open(ByteBuf in, int body, int length) throws NoiseException, GeneralSecurityException {
        byte[] nonce = RecordNonce.of(counter);
        counter++;
        AeadCipher cipher = AeadCipher.ofThread();
        if (in.hasArray()) {
            int offset = in.arrayOffset() + body;
            cipher.open(key, nonce, NO_AAD, in.array(), offset, length, in.array(), offset);
            return;
        }
        byte[] scratch = SCRATCH.get();
        in.getBytes(body, scratch, 0, length);
        int plain = cipher.open(key, nonce, NO_AAD, scratch, 0, length, scratch, 0);
        in.setBytes(body, scratch, 0, plain);
    }
}
