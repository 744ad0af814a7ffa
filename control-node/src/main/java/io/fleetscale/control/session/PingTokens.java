package io.fleetscale.control.session;

import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;

/**
 * Tokens in the addresses at which clients answer. Each instance can tell whether an instance of its cluster made a token, for
 * this machine and not long ago, so that nobody can fill the grid with answers to questions that were never asked.
 * Thread-safe.
 */
public final class PingTokens {
    /** Longer than anybody waits for an answer. */
    private static final Duration LIFE = Duration.ofMinutes(2);

    private static final int RANDOM_BYTES = 16;
    /** Hexadecimal: the second at which it was made, what makes it unique, and the proof. */
    private static final int TIME_CHARS = 16;

    private static final int PROOF_START = TIME_CHARS + 2 * RANDOM_BYTES;
    private static final int CHARS = PROOF_START + 2 * Bytes32.LENGTH;

    private final SecretMac secret;
    private final InstantSource clock;
    private final SecureRandom random;

    /** @param secret the same on all instances */
    public PingTokens(SecretMac secret, InstantSource clock, SecureRandom random) {
        this.secret = secret;
        this.clock = clock;
        this.random = random;
    }

    String make(MachineKey machineKey) {
        byte[] unique = new byte[RANDOM_BYTES];
        random.nextBytes(unique);
        HexFormat hex = HexFormat.of();
        String head = hex.toHexDigits(clock.instant().getEpochSecond()) + hex.formatHex(unique);
        return head + hex.formatHex(secret.mac(proven(head, machineKey)).toArray());
    }

    /** Whether an instance asked this machine for an answer under this token. */
    boolean isOurs(String token, MachineKey machineKey) {
        if (token.length() != CHARS) {
            return false;
        }
        try {
            HexFormat hex = HexFormat.of();
            long age = clock.instant().getEpochSecond() - HexFormat.fromHexDigitsToLong(token, 0, TIME_CHARS);
            Bytes32 proof = Bytes32.of(hex.parseHex(token, PROOF_START, CHARS));
            return secret.matches(proven(token.substring(0, PROOF_START), machineKey), proof)
                    && Math.abs(age) <= LIFE.toSeconds();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String proven(String head, MachineKey machineKey) {
        return "ping " + head + ' ' + machineKey;
    }
}
