package io.fleetscale.wire.derp;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import org.bouncycastle.crypto.engines.Salsa20Engine;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.util.Pack;

/**
 * The precomputed key of a NaCl box between two key pairs: XSalsa20 and Poly1305. The sealed form is nonce, tag,
 * ciphertext. Immutable and thread-safe; never prints itself. Source: tailscale types/key/node.go, SealTo and OpenFrom.
 */
public final class BoxKey {
    public static final int NONCE_BYTES = 24;
    public static final int TAG_BYTES = 16;

    private static final int KEY_BYTES = 32;
    private static final int ROUNDS = 20;

    private final byte[] key;

    private BoxKey(byte[] key) {
        this.key = key;
    }

    /** Derives the box key from the result of the key agreement. */
    static BoxKey ofShared(byte[] shared) {
        return new BoxKey(hsalsa20(shared));
    }

    /** Seals under a fresh random nonce. */
    public byte[] seal(byte[] plaintext, SecureRandom random) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return seal(plaintext, nonce);
    }

    byte[] seal(byte[] plaintext, byte[] nonce) {
        byte[] sealed = Arrays.copyOf(nonce, NONCE_BYTES + TAG_BYTES + plaintext.length);
        XSalsa20Engine stream = stream(nonce, 0);
        byte[] tagKey = tagKey(stream);
        int body = NONCE_BYTES + TAG_BYTES;
        stream.processBytes(plaintext, 0, plaintext.length, sealed, body);
        tag(tagKey, sealed, body, plaintext.length, sealed, NONCE_BYTES);
        return sealed;
    }

    /** Opens nonce, tag and ciphertext; empty when it is too short or was not sealed by the other side. */
    public Optional<byte[]> open(byte[] sealed) {
        int body = NONCE_BYTES + TAG_BYTES;
        if (sealed.length < body) {
            return Optional.empty();
        }
        XSalsa20Engine stream = stream(sealed, 0);
        byte[] expected = new byte[TAG_BYTES];
        tag(tagKey(stream), sealed, body, sealed.length - body, expected, 0);
        if (!MessageDigest.isEqual(expected, Arrays.copyOfRange(sealed, NONCE_BYTES, body))) {
            return Optional.empty();
        }
        byte[] plaintext = new byte[sealed.length - body];
        stream.processBytes(sealed, body, plaintext.length, plaintext, 0);
        return Optional.of(plaintext);
    }

    byte[] raw() {
        return key.clone();
    }

    @Override
    public String toString() {
        return "boxkey:redacted";
    }

    private XSalsa20Engine stream(byte[] nonce, int offset) {
        XSalsa20Engine engine = new XSalsa20Engine();
        byte[] iv = Arrays.copyOfRange(nonce, offset, offset + NONCE_BYTES);
        engine.init(true, new ParametersWithIV(new KeyParameter(key), iv));
        return engine;
    }

    /** The first 32 bytes of the stream are the one-time key of the tag. */
    private static byte[] tagKey(XSalsa20Engine stream) {
        byte[] tagKey = new byte[KEY_BYTES];
        stream.processBytes(new byte[KEY_BYTES], 0, KEY_BYTES, tagKey, 0);
        return tagKey;
    }

    private static void tag(byte[] tagKey, byte[] ciphertext, int offset, int length, byte[] out, int outOffset) {
        Poly1305 poly = new Poly1305();
        poly.init(new KeyParameter(tagKey));
        poly.update(ciphertext, offset, length);
        poly.doFinal(out, outOffset);
    }

    /** HSalsa20 of the key and sixteen zero bytes. */
    private static byte[] hsalsa20(byte[] key) {
        int[] in = new int[16];
        byte[] sigma = {'e', 'x', 'p', 'a', 'n', 'd', ' ', '3', '2', '-', 'b', 'y', 't', 'e', ' ', 'k'};
        for (int i = 0; i < 4; i++) {
            in[5 * i] = Pack.littleEndianToInt(sigma, 4 * i);
            in[1 + i] = Pack.littleEndianToInt(key, 4 * i);
            in[11 + i] = Pack.littleEndianToInt(key, 16 + 4 * i);
        }
        int[] core = new int[16];
        Salsa20Engine.salsaCore(ROUNDS, in, core);
        byte[] out = new byte[KEY_BYTES];
        int[] words = {0, 5, 10, 15, 6, 7, 8, 9};
        for (int i = 0; i < words.length; i++) {
            // The core adds its input at the end, HSalsa20 does not.
            Pack.intToLittleEndian(core[words[i]] - in[words[i]], out, 4 * i);
        }
        return out;
    }
}
