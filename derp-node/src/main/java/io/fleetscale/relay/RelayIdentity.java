package io.fleetscale.relay;

import io.fleetscale.relay.tls.SecretFile;
import io.fleetscale.wire.derp.BoxKeyPair;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file that keeps a relay's key pair, in the form of the upstream relay: a JSON object with the member
 * {@code PrivateKey}, mode 0600. Source: tailscale cmd/derper/derper.go, loadConfig.
 */
public final class RelayIdentity {
    private static final Pattern PRIVATE_KEY = Pattern.compile("\"PrivateKey\"\\s*:\\s*\"privkey:([0-9a-fA-F]{64})\"");

    private RelayIdentity() {}

    /**
     * Reads the key pair, or makes one and writes it when the file does not exist.
     *
     * @throws IOException also when the file holds no key; its content is not echoed
     */
    public static BoxKeyPair loadOrCreate(Path file) throws IOException {
        Optional<byte[]> content = SecretFile.read(file);
        if (content.isPresent()) {
            Matcher matcher = PRIVATE_KEY.matcher(new String(content.get(), StandardCharsets.UTF_8));
            if (!matcher.find()) {
                throw new IOException(
                        "relay key file " + file + " has no member \"PrivateKey\" with a private key: restore it, or"
                                + " remove it to get a new relay key");
            }
            return BoxKeyPair.ofPrivate(HexFormat.of().parseHex(matcher.group(1)));
        }
        BoxKeyPair created = BoxKeyPair.generate(new SecureRandom());
        String json = "{\"PrivateKey\":\"privkey:" + created.privateKey().toHex() + "\"}\n";
        SecretFile.write(file, json.getBytes(StandardCharsets.UTF_8));
        return created;
    }
}
