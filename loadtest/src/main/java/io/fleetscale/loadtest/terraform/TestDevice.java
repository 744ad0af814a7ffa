package io.fleetscale.loadtest.terraform;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.SecureRandom;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A device without a client, as an administrator can register one: what the provider's resources of devices need. */
public final class TestDevice {
    /** What it is called. */
    public static final String HOSTNAME = "tf-device";

    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID_LENGTH = 24;

    private TestDevice() {}

    /**
     * Registers it; it announces a route.
     *
     * @param user whose device it is
     * @throws IOException when the server refuses
     */
    public static void register(URI server, String apiKey, String user) throws IOException, InterruptedException {
        StringBuilder id = new StringBuilder("hskey-authreq-");
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("user", user)
                .put("key", id.toString())
                .put("name", HOSTNAME);
        node.putArray("routes").add("10.77.0.0/24");
        post(server, apiKey, "/api/v1/debug/node", node);
        post(
                server,
                apiKey,
                "/api/v1/auth/register",
                JsonNodeFactory.instance.objectNode().put("user", user).put("authId", id.toString()));
    }

    private static void post(URI server, String apiKey, String path, ObjectNode body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.resolve(path))
                .header("Authorization", "Bearer " + apiKey)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("POST " + path + ": " + answer.statusCode() + " " + answer.body());
            }
        }
    }
}
