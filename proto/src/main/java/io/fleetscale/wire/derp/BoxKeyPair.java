package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import java.security.SecureRandom;
import java.util.Optional;
import org.bouncycastle.math.ec.rfc7748.X25519;

/**
 * An X25519 key pair of a relay or of a node at a relay. Immutable and thread-safe; never prints its private half.
 * Source: tailscale types/key/node.go, NodePrivate.
 */
public final class BoxKeyPair {
    private final byte[] privateKey;
    private final NodeKey publicKey;

    private BoxKeyPair(byte[] privateKey) {
        this.privateKey = privateKey;
        byte[] point = new byte[X25519.POINT_SIZE];
        X25519.scalarMultBase(privateKey, 0, point, 0);
        this.publicKey = NodeKey.of(point);
    }

    public static BoxKeyPair generate(SecureRandom random) {
        byte[] scalar = new byte[X25519.SCALAR_SIZE];
        random.nextBytes(scalar);
        return ofPrivate(scalar);
    }

    /** Takes 32 private bytes, clamping a copy of them. */
    public static BoxKeyPair ofPrivate(byte[] scalar) {
        if (scalar.length != X25519.SCALAR_SIZE) {
            throw new IllegalArgumentException("a private key has 32 bytes, not " + scalar.length);
        }
        byte[] clamped = scalar.clone();
        clamped[0] &= (byte) 248;
        clamped[31] = (byte) (clamped[31] & 127 | 64);
        return new BoxKeyPair(clamped);
    }

    public NodeKey publicKey() {
        return publicKey;
    }

    /** The private half, for the file that keeps it. */
    public Bytes32 privateKey() {
        return Bytes32.of(privateKey);
    }

    /** Agrees on a box key; empty for the zero key and for points of low order, whose secret everybody knows. */
    public Optional<BoxKey> boxWith(NodeKey other) {
        byte[] shared = new byte[X25519.POINT_SIZE];
        if (other.isZero()
                || !X25519.calculateAgreement(privateKey, 0, other.raw().toArray(), 0, shared, 0)) {
            return Optional.empty();
        }
        return Optional.of(BoxKey.ofShared(shared));
    }

    byte[] agree(NodeKey other) {
        byte[] shared = new byte[X25519.POINT_SIZE];
        X25519.calculateAgreement(privateKey, 0, other.raw().toArray(), 0, shared, 0);
        return shared;
    }

    @Override
    public String toString() {
        return "privkey:redacted";
    }
}
