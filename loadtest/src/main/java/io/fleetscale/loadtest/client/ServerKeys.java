package io.fleetscale.loadtest.client;

import io.fleetscale.wire.key.MachineKey;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code GET /key}: the server's Noise key. Source: control-protocol 1.3. */
final class ServerKeys {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_BODY_CHARS = 64 * 1024;

    private ServerKeys() {}

    static CompletableFuture<MachineKey> fetch(ClientLoops loops, ControlUrl url, int version) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.base() + "/key?v=" + version))
                .timeout(Duration.ofSeconds(30))
                .build();
        return loops.http()
                .sendAsync(
                        request,
                        HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), MAX_BODY_CHARS))
                .thenCompose(response -> {
                    try {
                        return CompletableFuture.completedFuture(read(response));
                    } catch (ControlException e) {
                        return CompletableFuture.failedFuture(e);
                    }
                });
    }

    private static MachineKey read(HttpResponse<String> response) throws ControlException {
        if (response.statusCode() != 200) {
            throw new ControlException("GET /key: status " + response.statusCode());
        }
        try {
            JsonNode key = JSON.readTree(response.body()).path("publicKey");
            return MachineKey.fromText(key.asString(""));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new ControlException("GET /key: no publicKey in the answer", e);
        }
    }
}
