package io.fleetscale.wire.noise;

import io.netty.buffer.ByteBuf;
import javax.crypto.SecretKey;

/**
 * Seals one direction of a connection: a stream of bytes becomes records of at most {@link
 * NoiseFormat#MAX_RECORD_LENGTH}. Holds a key and a counter; scratch space and cipher belong to the thread. Confined to
 * one thread at a time.
 */
public final class RecordSealer {
    private static final byte[] NO_AAD = new byte[0];
    private static final ThreadLocal<byte[]> SCRATCH =
            ThreadLocal.withInitial(() -> new byte[NoiseFormat.MAX_RECORD_LENGTH]);

    private final SecretKey key;
    private long counter;

    public RecordSealer(SecretKey key) {
        this(key, 0);
    }

    RecordSealer(SecretKey key, long counter) {
        this.key = key;
        this.counter = counter;
    }

    /** How many bytes {@link #seal} writes for {@code plaintext} bytes. */
    public static int sealedLength(int plaintext) {
        int records = Math.ceilDiv(plaintext, NoiseFormat.MAX_PLAINTEXT_LENGTH);
        return Math.addExact(plaintext, records * (NoiseFormat.HEADER_LENGTH + NoiseFormat.TAG_LENGTH));
    }

    /**
     * Reads all of {@code plain} and writes its records to {@code out}, which grows by {@link #sealedLength}. Nothing
     * to read writes nothing.
     *
     * @throws NoiseException EXHAUSTED after 2^64 - 1 records
     */
    public void seal(ByteBuf plain, ByteBuf out) throws NoiseException {
        AeadCipher cipher = AeadCipher.ofThread();
        byte[] scratch = SCRATCH.get();
        out.ensureWritable(sealedLength(plain.readableBytes()));
        while (plain.isReadable()) {
            int length = Math.min(plain.readableBytes(), NoiseFormat.MAX_PLAINTEXT_LENGTH);
            int sealed = length + NoiseFormat.TAG_LENGTH;
            byte[] nonce = RecordNonce.of(counter);
            counter++;
            byte[] in = scratch;
            int inOffset = NoiseFormat.HEADER_LENGTH;
            if (plain.hasArray()) {
                in = plain.array();
                inOffset = plain.arrayOffset() + plain.readerIndex();
            } else {
                plain.getBytes(plain.readerIndex(), scratch, inOffset, length);
            }
            if (out.hasArray()) {
                int start = out.writerIndex();
                out.setByte(start, NoiseFormat.TYPE_RECORD).setShort(start + 1, sealed);
                int outOffset = out.arrayOffset() + start + NoiseFormat.HEADER_LENGTH;
                cipher.seal(key, nonce, NO_AAD, in, inOffset, length, out.array(), outOffset);
                out.writerIndex(start + NoiseFormat.HEADER_LENGTH + sealed);
            } else {
                scratch[0] = NoiseFormat.TYPE_RECORD;
                scratch[1] = (byte) (sealed >>> 8);
                scratch[2] = (byte) sealed;
                cipher.seal(key, nonce, NO_AAD, in, inOffset, length, scratch, NoiseFormat.HEADER_LENGTH);
                out.writeBytes(scratch, 0, NoiseFormat.HEADER_LENGTH + sealed);
            }
            plain.skipBytes(length);
        }
    }
}
