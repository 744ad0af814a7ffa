package io.fleetscale.wire.noise;

import java.security.GeneralSecurityException;
import javax.crypto.SecretKey;

/**
 * ChaCha20-Poly1305 over arrays: the seam at which another provider can stand in. An instance keeps no state between two
 * calls and is confined to one thread.
 */
interface AeadCipher {
    /** The cipher of the calling thread; connections share it, so an idle one holds a key and a counter only. */
    static AeadCipher ofThread() {
        return JdkChaCha20Poly1305.THREAD.get();
    }

    /**
     * Seals {@code length} bytes and the tag to {@code out}, which may be {@code in}.
     *
     * @param nonce 12 bytes; never twice with one key
     */
    void seal(SecretKey key, byte[] nonce, byte[] aad, byte[] in, int inOffset, int length, byte[] out, int outOffset);

    /**
     * Opens {@code length} bytes, tag included, to {@code out}, which may be {@code in}.
     *
     * @return the number of plaintext bytes
     * @throws GeneralSecurityException if the tag does not fit
     */
    int open(SecretKey key, byte[] nonce, byte[] aad, byte[] in, int inOffset, int length, byte[] out, int outOffset)
            throws GeneralSecurityException;
}
