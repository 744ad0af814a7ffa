package io.fleetscale.control.logstream;

import io.fleetscale.wire.zstd.ZstdCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** One upload of log entries in the form of its destination. Pure but for the clock that it is given. */
final class LogUpload {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter OBJECT =
            DateTimeFormatter.ofPattern("yyyy/MM/dd/HH-mm-ss").withZone(ZoneOffset.UTC);

    private LogUpload() {}

    /** Whether this program can send to such a destination. */
    static boolean isSupported(LogStream stream) {
        return switch (stream.destinationType()) {
            case "splunk", "elastic", "panther", "cribl", "datadog", "axiom" -> true;
            case "s3" -> stream.s3AuthenticationType().equals("accesskey");
            default -> false;
        };
    }

    /**
     * The request that sends entries.
     *
     * @param entries JSON objects
     * @param token opened; empty: none
     * @param s3Secret opened; empty: none
     */
    static HttpRequest.Builder request(
            LogStream stream,
            String logType,
            List<String> entries,
            long firstVersion,
            String token,
            String s3Secret,
            Instant now) {
        return switch (stream.destinationType()) {
            case "splunk" ->
                post(stream, splunk(entries), "application/json").header("Authorization", "Splunk " + token);
            case "elastic" ->
                post(stream.url() + "/_bulk", stream, elastic(entries, logType), "application/x-ndjson")
                        .header("Authorization", basic(stream.user(), token));
            case "datadog" -> post(stream, array(entries), "application/json").header("DD-API-KEY", token);
            case "panther", "cribl", "axiom" -> {
                HttpRequest.Builder request = post(stream, array(entries), "application/json");
                yield token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
            }
            case "s3" -> s3(stream, logType, entries, firstVersion, s3Secret, now);
            default -> throw new IllegalArgumentException("no upload to " + stream.destinationType());
        };
    }

    private static String splunk(List<String> entries) {
        StringBuilder body = new StringBuilder();
        entries.forEach(entry -> body.append("{\"sourcetype\":\"fleetscale\",\"event\":")
                .append(entry)
                .append("}\n"));
        return body.toString();
    }

    private static String elastic(List<String> entries, String logType) {
        StringBuilder body = new StringBuilder();
        entries.forEach(entry -> body.append("{\"create\":{\"_index\":\"tailscale-")
                .append(logType)
                .append("\"}}\n")
                .append(entry)
                .append('\n'));
        return body.toString();
    }

    private static String array(List<String> entries) {
        return "[" + String.join(",", entries) + "]";
    }

    private static String basic(String user, String token) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + token).getBytes(StandardCharsets.UTF_8));
    }

    private static HttpRequest.Builder post(LogStream stream, String body, String type) {
        return post(stream.url(), stream, body, type);
    }

    private static HttpRequest.Builder post(String url, LogStream stream, String body, String type) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", type)
                .POST(BodyPublishers.ofByteArray(compressed(stream, bytes)));
        return stream.compressionFormat().equals("none")
                ? request
                : request.header("Content-Encoding", stream.compressionFormat());
    }

    private static byte[] compressed(LogStream stream, byte[] bytes) {
        return switch (stream.compressionFormat()) {
            case "gzip" -> gzipped(bytes);
            case "zstd" -> {
                try (ZstdCompressor zstd = new ZstdCompressor()) {
                    yield zstd.compress(bytes);
                }
            }
            default -> bytes;
        };
    }

    private static String suffix(LogStream stream) {
        return switch (stream.compressionFormat()) {
            case "gzip" -> ".gz";
            case "zstd" -> ".zst";
            default -> "";
        };
    }

    private static byte[] gzipped(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** An object of its own for each upload, signed with AWS's version 4. */
    private static HttpRequest.Builder s3(
            LogStream stream, String logType, List<String> entries, long firstVersion, String secret, Instant now) {
        byte[] body = compressed(stream, (String.join("\n", entries) + "\n").getBytes(StandardCharsets.UTF_8));
        String base = stream.url().isEmpty()
                ? "https://" + stream.s3Bucket() + ".s3." + stream.s3Region() + ".amazonaws.com"
                : stream.url().replaceAll("/+$", "") + "/" + stream.s3Bucket();
        String key = stream.s3KeyPrefix() + logType + "/" + OBJECT.format(now) + "-" + firstVersion + ".json"
                + suffix(stream);
        URI uri = URI.create(base + "/" + key);
        String host = uri.getPort() == -1 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
        String stamp = STAMP.format(now);
        String day = stamp.substring(0, 8);
        String hash = hex(sha256(body));
        String canonical = "PUT\n" + uri.getRawPath() + "\n\nhost:" + host + "\nx-amz-content-sha256:" + hash
                + "\nx-amz-date:" + stamp + "\n\nhost;x-amz-content-sha256;x-amz-date\n" + hash;
        String scope = day + "/" + stream.s3Region() + "/s3/aws4_request";
        String toSign = "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n"
                + hex(sha256(canonical.getBytes(StandardCharsets.UTF_8)));
        byte[] signing = hmac(
                hmac(hmac(hmac(("AWS4" + secret).getBytes(StandardCharsets.UTF_8), day), stream.s3Region()), "s3"),
                "aws4_request");
        return HttpRequest.newBuilder(uri)
                .header("x-amz-content-sha256", hash)
                .header("x-amz-date", stamp)
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=" + stream.s3AccessKeyId() + "/" + scope
                                + ", SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
                                + hex(hmac(signing, toSign)))
                .PUT(BodyPublishers.ofByteArray(body));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
        }
    }
}
