package io.fleetscale.control.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.control.api.grpc.InProcessEndpoint;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A program that administers an empty server by {@code /api/v1}, with a key of its own. */
final class RestProgram implements AutoCloseable {
    static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z"));
    static final String WAITING = "hskey-authreq-" + "w".repeat(24);
    private static final JsonMapper JSON = new JsonMapper();

    final MemoryAdministration administration = new MemoryAdministration(CLOCK);
    String key;
    private final InProcessEndpoint endpoint =
            new InProcessEndpoint(List.of(administration.service, administration.more));
    private final RestTranscoder rest = new RestTranscoder(
            endpoint.channel(),
            List.of(HeadscaleServiceGrpc.getServiceDescriptor(), AdministrationServiceGrpc.getServiceDescriptor()),
            administration.credentials,
            V1Errors.SUPERSET);

    RestProgram() throws IOException {
        endpoint.start();
        RestResponse made = rest.handle(new RestRequest(
                "POST",
                "/api/v1/apikey",
                "",
                Map.of(),
                "{\"expiration\":\"2026-07-01T00:00:00.000Z\"}".getBytes(StandardCharsets.UTF_8),
                "192.0.2.1",
                true));
        key = JSON.readTree(made.body()).path("apiKey").stringValue();
    }

    RestResponse send(String method, String target, String body, String type) {
        Map<String, List<String>> headers = new HashMap<>();
        headers.put("authorization", List.of("Bearer " + key));
        headers.put("accept", List.of("application/json"));
        if (!type.isEmpty()) {
            headers.put("content-type", List.of(type));
        }
        int question = target.indexOf('?');
        return rest.handle(new RestRequest(
                method,
                "/api/v1/" + (question < 0 ? target : target.substring(0, question)),
                question < 0 ? "" : target.substring(question + 1),
                headers,
                body.getBytes(StandardCharsets.UTF_8),
                "192.0.2.1",
                false));
    }

    JsonNode ok(String method, String target, String body, String type) {
        RestResponse response = send(method, target, body, type);
        JsonNode json = JSON.readTree(response.body());
        assertThat(response.status()).as(json.toString()).isEqualTo(200);
        assertThat(response.headers().get("Content-Type")).startsWith("application/json");
        // headscale-admin takes an answer with this member for an error
        assertThat(json.has("code")).isFalse();
        return json;
    }

    /** A refusal, as generated clients read it: code, message and details. */
    JsonNode refused(int status, String method, String target, String body) {
        RestResponse response = send(method, target, body, "application/json");
        JsonNode json = JSON.readTree(response.body());
        assertThat(response.status()).as(json.toString()).isEqualTo(status);
        assertThat(json.path("code").isInt()).isTrue();
        assertThat(json.path("message").isString()).isTrue();
        assertThat(json.path("details").isArray()).isTrue();
        return json;
    }

    @Override
    public void close() {
        endpoint.close();
        administration.close();
    }
}
