package io.fleetscale.control.nodecert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** A key that signs messages to a DNS server, hmac-sha256. Source: RFC 8945. */
public final class TsigKey {
    private final String name;
    private final byte[] secret;

    TsigKey(String name, byte[] secret) {
        this.name = name;
        this.secret = secret.clone();
    }

    /**
     * @param file of the secret, base64
     * @throws IOException naming the file, when it cannot be read or holds no secret
     */
    public static TsigKey read(String name, Path file) throws IOException {
        byte[] secret;
        try {
            secret = Base64.getDecoder().decode(Files.readString(file).strip());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": is no base64: write the secret of the TSIG key " + name, e);
        }
        if (secret.length == 0) {
            throw new IOException(file + ": is empty: write the secret of the TSIG key " + name);
        }
        return new TsigKey(name, secret);
    }

    String name() {
        return name;
    }

    byte[] secret() {
        return secret.clone();
    }

    @Override
    public String toString() {
        return "TsigKey[" + name + "]";
    }
}
