package io.fleetscale.wire.noise;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.ChaCha20ParameterSpec;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * ChaCha20-Poly1305 for short texts: the JDK's ChaCha20 and Bouncy Castle's Poly1305, put together as RFC 8439 2.8 says. The
 * JDK's own combination allocates more than 2 KB for each text, however short: 70 % of all that was allocated for a change that
 * goes to a thousand sessions. Confined to one thread.
 */
final class ShortSeal {
    /** Above this the JDK's Poly1305, which has an intrinsic, makes up for its set-up. */
    static final int MAX_LENGTH = 512;

    /** Of the key stream: its first half is the key of the authenticator. Source: RFC 8439 2.6. */
    private static final int FIRST_BLOCK_BYTES = 64;

    private static final int AUTHENTICATOR_KEY_BYTES = 32;
    private static final int PADDED_TO = 16;
    private static final byte[] ZEROS = new byte[PADDED_TO];

    private final Cipher stream;
    private final Poly1305 authenticator = new Poly1305();
    private final byte[] work = new byte[FIRST_BLOCK_BYTES + MAX_LENGTH];
    private final byte[] lengths = new byte[2 * Long.BYTES];

    ShortSeal() {
        try {
            stream = Cipher.getInstance("ChaCha20");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no ChaCha20", e);
        }
    }

    /** As {@link AeadCipher#seal}, for at most {@link #MAX_LENGTH} bytes. */
    void seal(SecretKey key, byte[] nonce, byte[] aad, byte[] in, int inOffset, int length, byte[] out, int outOffset)
            throws GeneralSecurityException {
        // The first block encrypts zeros and so is the key stream itself; the text begins with the second.
        Arrays.fill(work, 0, FIRST_BLOCK_BYTES, (byte) 0);
        System.arraycopy(in, inOffset, work, FIRST_BLOCK_BYTES, length);
        stream.init(Cipher.ENCRYPT_MODE, key, new ChaCha20ParameterSpec(nonce, 0));
        stream.doFinal(work, 0, FIRST_BLOCK_BYTES + length, work, 0);

        authenticator.init(new KeyParameter(work, 0, AUTHENTICATOR_KEY_BYTES));
        authenticate(aad, 0, aad.length);
        authenticate(work, FIRST_BLOCK_BYTES, length);
        putLength(0, aad.length);
        putLength(Long.BYTES, length);
        authenticator.update(lengths, 0, lengths.length);

        System.arraycopy(work, FIRST_BLOCK_BYTES, out, outOffset, length);
        authenticator.doFinal(out, outOffset + length);
    }

    private void authenticate(byte[] bytes, int offset, int length) {
        authenticator.update(bytes, offset, length);
        int beyond = length % PADDED_TO;
        if (beyond > 0) {
            authenticator.update(ZEROS, 0, PADDED_TO - beyond);
        }
    }

    /** Little-endian; the upper half stays zero. */
    private void putLength(int at, int length) {
        lengths[at] = (byte) length;
        lengths[at + 1] = (byte) (length >>> 8);
        lengths[at + 2] = (byte) (length >>> 16);
        lengths[at + 3] = (byte) (length >>> 24);
    }
}
