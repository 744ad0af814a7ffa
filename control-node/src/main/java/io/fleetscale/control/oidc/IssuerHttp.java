package io.fleetscale.control.oidc;

import com.nimbusds.jose.util.Resource;
import com.nimbusds.jose.util.ResourceRetriever;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPRequestSender;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPRequest;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPResponse;
import io.fleetscale.runtime.tls.PemFiles;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the issuer: bounded in time and size, never following a redirect. Thread-safe; blocks: for virtual threads.
 */
final class IssuerHttp implements HTTPRequestSender, ResourceRetriever, AutoCloseable {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);
    private static final int MAX_BODY_BYTES = 1 << 20;
    /** Written by the client itself. */
    private static final Set<String> OWN_HEADERS = Set.of("content-length", "connection", "host");

    private final HttpClient client;

    /**
     * @param caFile authorities to trust instead of the system's; null for the system's
     * @throws IOException when the file cannot be read
     */
    IssuerHttp(@Nullable Path caFile) throws IOException, GeneralSecurityException {
        HttpClient.Builder builder =
                HttpClient.newBuilder().connectTimeout(CONNECT_LIMIT).followRedirects(HttpClient.Redirect.NEVER);
        if (caFile != null) {
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(null, PemFiles.trustManagers(PemFiles.readCertificates(caFile)), null);
            builder.sslContext(tls);
        }
        this.client = builder.build();
    }

    @Override
    public ReadOnlyHTTPResponse send(ReadOnlyHTTPRequest request) throws IOException {
        HttpRequest.Builder out = HttpRequest.newBuilder(request.getURI()).timeout(REQUEST_LIMIT);
        for (Map.Entry<String, List<String>> header : request.getHeaderMap().entrySet()) {
            if (!OWN_HEADERS.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                header.getValue().forEach(value -> out.header(header.getKey(), value));
            }
        }
        String body = request.getBody();
        out.method(
                request.getMethod().name(),
                body == null || request.getMethod() == HTTPRequest.Method.GET
                        ? BodyPublishers.noBody()
                        : BodyPublishers.ofString(body));
        return exchange(out.build());
    }

    /** Fetches a document; an answer that is not 200 is an IOException. */
    HTTPResponse get(URI uri) throws IOException {
        HTTPResponse response = exchange(HttpRequest.newBuilder(uri)
                .timeout(REQUEST_LIMIT)
                .header("Accept", "application/json")
                .build());
        if (response.getStatusCode() != HTTPResponse.SC_OK) {
            throw new IOException(uri + " answers " + response.getStatusCode());
        }
        return response;
    }

    @Override
    public Resource retrieveResource(URL url) throws IOException {
        try {
            return new Resource(String.valueOf(get(url.toURI()).getBody()), "application/json");
        } catch (URISyntaxException e) {
            throw new IOException(url + " is no URI", e);
        }
    }

    private HTTPResponse exchange(HttpRequest request) throws IOException {
        HttpResponse<byte[]> answer;
        try {
            answer = client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BODY_BYTES));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException(request.uri().getHost() + ": " + why, e);
        }
        HTTPResponse response = new HTTPResponse(answer.statusCode());
        answer.headers().map().forEach((name, values) -> response.setHeader(name, values.toArray(String[]::new)));
        response.setBody(new String(answer.body(), StandardCharsets.UTF_8));
        return response;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
