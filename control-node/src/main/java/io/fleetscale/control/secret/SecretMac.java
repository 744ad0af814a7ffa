package io.fleetscale.control.secret;

import io.fleetscale.wire.key.Bytes32;

/** Keeps secrets of keys as HMAC-SHA-256 under a key of the server, so that the database does not hold them. Thread-safe. */
public interface SecretMac {
    /** Over the secret part's text alone, without marker and public prefix. */
    Bytes32 mac(String secret);

    /** Compares in constant time. */
    default boolean matches(String secret, Bytes32 mac) {
        return mac(secret).equalsConstantTime(mac);
    }
}
