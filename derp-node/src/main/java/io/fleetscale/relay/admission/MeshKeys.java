package io.fleetscale.relay.admission;

import io.fleetscale.wire.key.Bytes32;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The secrets by which relays of a region know each other. Up to two are valid at once, so that a key can be changed while
 * relays run: first the new one is added everywhere, then it is put in front, then the old one goes. The first is the one that
 * a relay shows to others. Immutable and thread-safe; never prints a key.
 *
 * @param keys none, one or two
 */
public record MeshKeys(List<Bytes32> keys) {
    public static final MeshKeys NONE = new MeshKeys(List.of());
    private static final int MOST_KEYS = 2;

    public MeshKeys {
        keys = List.copyOf(keys);
        if (keys.size() > MOST_KEYS) {
            throw new IllegalArgumentException(keys.size() + " mesh keys: at most " + MOST_KEYS
                    + ", the one in use and the one before or after it");
        }
        if (keys.stream().anyMatch(Bytes32::isZero)) {
            throw new IllegalArgumentException("a mesh key of zeros gives no right: make one of 32 random bytes");
        }
    }

    /**
     * Reads one or two lines of 64 hexadecimal digits, as the upstream relay's key file has them; empty lines and lines that
     * start with {@code #} do not count. Source: tailscale types/key/derp.go, ParseDERPMesh.
     *
     * @throws IllegalArgumentException naming the line, never its content
     */
    public static MeshKeys parse(String text) {
        List<Bytes32> keys = new ArrayList<>();
        List<String> lines = text.lines().map(String::strip).toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                if (line.length() == 2 * Bytes32.LENGTH) {
                    keys.add(Bytes32.of(HexFormat.of().parseHex(line)));
                    continue;
                }
            } catch (IllegalArgumentException e) {
                // reported below, without the parser's message, which shows a part of the secret
            }
            throw new IllegalArgumentException("mesh key, line " + (i + 1) + ": must be 64 hexadecimal digits, it has "
                    + line.length() + " characters");
        }
        return new MeshKeys(keys);
    }

    /** Whether a key that somebody shows is one of these. Takes as long for a wrong key as for a right one. */
    public boolean admits(Optional<Bytes32> shown) {
        Bytes32 key = shown.orElse(Bytes32.ZERO);
        boolean known = false;
        for (Bytes32 own : keys) {
            known |= own.equalsConstantTime(key);
        }
        return known && shown.isPresent();
    }

    /** What this relay shows to others; empty: it does not mesh. */
    public Optional<Bytes32> shown() {
        return keys.stream().findFirst();
    }

    @Override
    public String toString() {
        return "MeshKeys[" + keys.size() + "]";
    }
}
