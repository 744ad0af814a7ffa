package io.fleetscale.relay.http;

import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.key.NodeKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The heads of 101 answers, byte for byte as the upstream relay sends them. */
public final class UpgradeAnswer {
    /** Source: RFC 6455 1.3. */
    private static final String WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private UpgradeAnswer() {}

    public static byte[] frames(NodeKey relay) {
        return ascii("HTTP/1.1 101 Switching Protocols\r\n"
                + "Upgrade: DERP\r\n"
                + "Connection: Upgrade\r\n"
                + "Derp-Version: " + DerpLimits.PROTOCOL_VERSION + "\r\n"
                + "Derp-Public-Key: " + relay.raw().toHex() + "\r\n\r\n");
    }

    public static byte[] webSocket(String key) {
        return ascii("HTTP/1.1 101 Switching Protocols\r\n"
                + "Upgrade: websocket\r\n"
                + "Connection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + accept(key) + "\r\n"
                + "Sec-WebSocket-Protocol: " + UpgradeRequest.SUBPROTOCOL + "\r\n\r\n");
    }

    private static String accept(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(ascii(key + WEBSOCKET_GUID));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
