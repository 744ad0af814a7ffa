package io.fleetscale.wire.noise;

import io.fleetscale.wire.key.MachineKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.jspecify.annotations.Nullable;

/**
 * Hash {@code h}, chaining key {@code ck} and cipher key {@code k} of one handshake. Confined to one thread.
 *
 * <p>Source: Noise specification 5.2; tailscale control/controlbase/handshake.go.
 */
final class HandshakeState {
    private static final byte[] NAME = "Noise_IK_25519_ChaChaPoly_BLAKE2s".getBytes(StandardCharsets.US_ASCII);
    private static final String PROLOGUE = "Tailscale Control Protocol v";
    private static final byte[] NONCE = new byte[12];

    private final Blake2sDigest digest = new Blake2sDigest(256);
    private final HMac hmac = new HMac(new Blake2sDigest(256));
    private final byte[] h = new byte[NoiseFormat.KEY_LENGTH];
    private final byte[] ck = new byte[NoiseFormat.KEY_LENGTH];
    private final byte[] k = new byte[NoiseFormat.KEY_LENGTH];
    private @Nullable SecretKey key;

    /** After the prologue and the pre-message {@code <- s}. */
    HandshakeState(int protocolVersion, MachineKey serverKey) {
        digest.update(NAME, 0, NAME.length);
        digest.doFinal(h, 0);
        System.arraycopy(h, 0, ck, 0, ck.length);
        byte[] prologue = (PROLOGUE + protocolVersion).getBytes(StandardCharsets.US_ASCII);
        mixHash(prologue, 0, prologue.length);
        mixHash(serverKey.raw().toArray(), 0, NoiseFormat.KEY_LENGTH);
    }

    void mixHash(byte[] bytes, int offset, int length) {
        digest.update(h, 0, h.length);
        digest.update(bytes, offset, length);
        digest.doFinal(h, 0);
    }

    void mixKey(byte[] shared) {
        expand(shared, ck, k);
        Arrays.fill(shared, (byte) 0);
        key = new SecretKeySpec(k, "ChaCha20");
    }

    /** Seals {@code length} bytes to {@code out} and mixes the ciphertext. */
    void seal(byte[] plain, int length, byte[] out, int outOffset) {
        AeadCipher.ofThread().seal(cipherKey(), NONCE, h, plain, 0, length, out, outOffset);
        mixHash(out, outOffset, length + NoiseFormat.TAG_LENGTH);
    }

    /** Opens {@code length} bytes with tag and mixes the ciphertext. */
    byte[] open(byte[] sealed, int offset, int length) throws NoiseException {
        byte[] plain = new byte[length - NoiseFormat.TAG_LENGTH];
        try {
            AeadCipher.ofThread().open(cipherKey(), NONCE, h, sealed, offset, length, plain, 0);
        } catch (GeneralSecurityException e) {
            throw NoiseException.crypto("handshake tag does not fit");
        }
        mixHash(sealed, offset, length);
        return plain;
    }

    /** Ends the handshake; the state is useless afterwards. */
    TransportKeys split() {
        byte[] first = new byte[NoiseFormat.KEY_LENGTH];
        byte[] second = new byte[NoiseFormat.KEY_LENGTH];
        expand(new byte[0], first, second);
        Arrays.fill(ck, (byte) 0);
        Arrays.fill(k, (byte) 0);
        return new TransportKeys(new SecretKeySpec(first, "ChaCha20"), new SecretKeySpec(second, "ChaCha20"));
    }

    byte[] hash() {
        return h.clone();
    }

    byte[] chainingKey() {
        return ck.clone();
    }

    byte[] cipherKeyBytes() {
        return k.clone();
    }

    private SecretKey cipherKey() {
        if (key == null) {
            throw new IllegalStateException("no key was mixed yet");
        }
        return key;
    }

    /** HKDF (RFC 5869) with salt {@code ck} and no info: 32 bytes to each of the outputs, which may be {@code ck}. */
    private void expand(byte[] input, byte[] first, byte[] second) {
        byte[] extracted = new byte[NoiseFormat.KEY_LENGTH];
        hmac.init(new KeyParameter(ck));
        hmac.update(input, 0, input.length);
        hmac.doFinal(extracted, 0);

        hmac.init(new KeyParameter(extracted));
        hmac.update((byte) 1);
        hmac.doFinal(first, 0);
        hmac.update(first, 0, first.length);
        hmac.update((byte) 2);
        hmac.doFinal(second, 0);
        Arrays.fill(extracted, (byte) 0);
    }
}
