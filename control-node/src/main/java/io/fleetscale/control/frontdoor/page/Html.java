package io.fleetscale.control.frontdoor.page;

import io.fleetscale.control.frontdoor.http.HttpReply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Pages without scripts, whose one style sheet is all that a browser may load for them. */
public final class Html {
    private static final String STYLE = "body{font-family:system-ui,sans-serif;max-width:40rem;margin:2rem auto;"
            + "padding:0 1rem;line-height:1.5;color-scheme:light dark}"
            + "pre{background:#eee;color:#111;padding:.8rem;overflow-x:auto;user-select:all}"
            + "th{text-align:left;padding-right:1rem}";
    private static final String SECURITY_POLICY = "default-src 'none'; style-src 'sha256-" + digest(STYLE)
            + "'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

    private Html() {}

    /** A page as an answer, with a policy that forbids everything else. */
    public static HttpReply reply(int status, String title, String body) {
        return HttpReply.html(status, page(title, body)).withHeader("Content-Security-Policy", SECURITY_POLICY);
    }

    /**
     * The same for a page whose form is answered with a redirect to another place: browsers hold that against the policy too.
     *
     * @param formTarget scheme, host and port
     */
    public static HttpReply reply(int status, String title, String body, String formTarget) {
        return HttpReply.html(status, page(title, body))
                .withHeader("Content-Security-Policy", SECURITY_POLICY + " " + formTarget);
    }

    /** {@code text} with the five characters that HTML and XML give a meaning as references. */
    public static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /** @param body HTML, escaped by the caller */
    static String page(String title, String body) {
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%s</title>
                <meta name="robots" content="noindex">
                <style>%s</style>
                </head>
                <body>
                %s</body>
                </html>
                """.formatted(escape(title), STYLE, body);
    }

    private static String digest(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
