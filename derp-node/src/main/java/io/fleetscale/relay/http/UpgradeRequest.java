package io.fleetscale.relay.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * What a request for {@code /derp} asks for. Method, query and the Connection header do not matter, as with the upstream
 * relay. Source: tailscale derp/derpserver/handler.go, websocket.go.
 */
public sealed interface UpgradeRequest {
    /** Frames on the bare connection. With a fast start the node expects no HTTP answer. */
    record Frames(boolean fastStart) implements UpgradeRequest {}

    /** Frames inside WebSocket messages. {@code key} is the client's challenge. */
    record WebSocket(String key) implements UpgradeRequest {}

    /** Nothing that the relay could speak. */
    record Unusable(HttpResponseStatus status, String text) implements UpgradeRequest {}

    String SUBPROTOCOL = "derp";
    String FAST_START_HEADER = "Derp-Fast-Start";
    String IDEAL_NODE_HEADER = "Ideal-Node";

    private static boolean offers(List<String> protocols, String wanted) {
        return protocols.stream()
                .flatMap(line -> List.of(line.split(",")).stream())
                .anyMatch(offered -> offered.strip().equals(wanted));
    }

    static UpgradeRequest of(HttpRequest request) {
        HttpHeaders headers = request.headers();
        String upgrade = headers.get(HttpHeaderNames.UPGRADE, "").toLowerCase(Locale.ROOT);
        List<String> protocols = headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL);
        boolean webSocket = upgrade.equals("websocket");
        if (webSocket && protocols.stream().anyMatch(line -> line.contains(SUBPROTOCOL))) {
            return webSocket(headers, protocols);
        }
        // Very old nodes say "websocket" and mean bare frames.
        if (webSocket || upgrade.equals("derp")) {
            return new Frames("1".equals(headers.get(FAST_START_HEADER)));
        }
        return new Unusable(HttpResponseStatus.UPGRADE_REQUIRED, "DERP requires connection upgrade");
    }

    private static UpgradeRequest webSocket(HttpHeaders headers, List<String> protocols) {
        if (!offers(protocols, SUBPROTOCOL)) {
            return new Unusable(HttpResponseStatus.BAD_REQUEST, "the WebSocket subprotocol must be derp");
        }
        if (!"13".equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            return new Unusable(HttpResponseStatus.UPGRADE_REQUIRED, "the WebSocket version must be 13");
        }
        String key = headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY, "").strip();
        return isChallenge(key)
                ? new WebSocket(key)
                : new Unusable(HttpResponseStatus.BAD_REQUEST, "Sec-WebSocket-Key must be 16 bytes in base64");
    }

    private static boolean isChallenge(String key) {
        try {
            return Base64.getDecoder().decode(key).length == 16;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
