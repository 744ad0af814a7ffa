package io.fleetscale.wire.key;

import java.util.Arrays;
import java.util.Base64;

/** Text forms that all kinds of keys share. */
final class KeyText {
    private KeyText() {}

    static Bytes32 parse(String prefix, String text) {
        if (!text.startsWith(prefix)) {
            throw new IllegalArgumentException("a key of this kind starts with \"" + prefix + "\"");
        }
        return Bytes32.fromHex(text, prefix.length(), text.length());
    }

    static String brief(Bytes32 raw) {
        String base64 = Base64.getEncoder().encodeToString(Arrays.copyOf(raw.toArray(), 6));
        return "[" + base64.substring(0, 5) + "]";
    }
}
