package io.fleetscale.control.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * {@code t=<unix seconds>,v1=<hex>}: HMAC-SHA-256 over the time, a dot and the body, once for each secret that holds. Source:
 * tailscale-api-v2 8.12, F067 of the field cases.
 */
final class WebhookSignature {
    static final String HEADER = "Tailscale-Webhook-Signature";

    private WebhookSignature() {}

    static String of(long seconds, String body, List<String> secrets) {
        StringBuilder header = new StringBuilder("t=").append(seconds);
        for (String secret : secrets) {
            header.append(",v1=").append(hmac(secret, seconds + "." + body));
        }
        return header.toString();
    }

    private static String hmac(String secret, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
        }
    }
}
