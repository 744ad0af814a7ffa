package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeIdentity;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.client.NodeStatus;
import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.netmap.FrameCounter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Uses secrets in every way that the program offers, wrong ones too, and then looks for them in all that it wrote: output
 * and log files for every kind, the database for those that it must keep as a MAC only.
 */
class SecretsIT {
    private static final String WRONG_SECRET = "w7rong3Secret9That2Nobody5Gave1Out8And4Nobody6May0Ever3Log7Xy2Zq";

    @TempDir
    Path directory;

    private final List<String> secrets = new ArrayList<>();

    @Test
    void writesNoSecretAnywhere() throws Exception {
        try (DevProcess dev = new DevProcess(directory, "--log-level", "trace").start();
                ClientLoops loops = new ClientLoops(1)) {
            String apiKey = dev.api(
                            "POST",
                            "/api/v1/apikey",
                            "{\"expiration\":\"" + Instant.now().plusSeconds(3600) + "\"}")
                    .json()
                    .path("apiKey")
                    .asString();
            String user = dev.api("POST", "/api/v1/user", "{\"name\":\"secretive\"}")
                    .json()
                    .at("/user/id")
                    .asString();
            String preAuthKey = dev.api(
                            "POST",
                            "/api/v1/preauthkey",
                            "{\"user\":\"" + user + "\",\"expiration\":\""
                                    + Instant.now().plusSeconds(3600) + "\"}")
                    .json()
                    .at("/preAuthKey/key")
                    .asString();
            plantCredential(apiKey, "hskey-api-");
            plantCredential(preAuthKey, "hskey-auth-");
            secrets.add(WRONG_SECRET);
            int keptAsMac = secrets.size();
            plantServerKeys();

            useApi(dev, apiKey);
            useApi(dev, apiKey.substring(0, apiKey.length() - WRONG_SECRET.length()) + WRONG_SECRET);
            register(dev, loops, preAuthKey);
            registerRefused(dev, loops, preAuthKey); // spent
            registerRefused(
                    dev, loops, preAuthKey.substring(0, preAuthKey.length() - WRONG_SECRET.length()) + WRONG_SECRET);
            dev.kill();
            dev.start();
            useApi(dev, apiKey);
            dev.terminate(Duration.ofSeconds(10));

            assertThat(secrets.size()).isGreaterThan(keptAsMac + 1);
            assertThat(filesWith(List.of("secretive"), path -> true))
                    .as("the search finds what is there, in the log and in the database")
                    .hasSizeGreaterThan(1);
            assertThat(filesWith(secrets, this::isLog)).isEmpty();
            assertThat(filesWith(secrets.subList(0, keptAsMac), path -> true)).isEmpty();
        }
    }

    /** The part of a credential that nobody may see; what is before it names it in logs and lists. */
    private void plantCredential(String credential, String marker) {
        assertThat(credential).startsWith(marker).hasSize(marker.length() + 12 + 1 + 64);
        secrets.add(credential.substring(marker.length() + 13));
    }

    /** The private keys that the server keeps in files of its own. */
    private void plantServerKeys() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
            for (Path file : files.filter(SecretsIT::isKeyFile).toList()) {
                String text = Files.readString(file).strip();
                plantBytes(text.substring(text.indexOf(':') + 1));
            }
        }
    }

    private static boolean isKeyFile(Path file) {
        return Files.isRegularFile(file) && file.getFileName().toString().endsWith(".key") && smallText(file);
    }

    private static boolean smallText(Path file) {
        try {
            return Files.size(file) < 200 && Files.readString(file).strip().matches("([a-z]+:)?[0-9a-f]{64}");
        } catch (IOException e) {
            return false;
        }
    }

    private void plantBytes(String hex) {
        secrets.add(hex);
        secrets.add(Base64.getEncoder()
                .withoutPadding()
                .encodeToString(HexFormat.of().parseHex(hex)));
    }

    private static void useApi(DevProcess dev, String key) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(dev.ready("url") + "/api/v1/user"))
                .header("Authorization", "Bearer " + key)
                .timeout(Duration.ofSeconds(20))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            int status =
                    http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            assertThat(status).isEqualTo(key.endsWith(WRONG_SECRET) ? 401 : 200);
        }
    }

    private void register(DevProcess dev, ClientLoops loops, String key) throws Exception {
        FrameCounter frames = new FrameCounter();
        try (SimulatedNode node = node(dev, loops, frames)) {
            node.register(key).get(20, TimeUnit.SECONDS);
            node.startPolling(new NodeStatus(List.of("198.18.0.1:10000"), 1));
            org.awaitility.Awaitility.await().until(() -> frames.messages() > 0);
        }
    }

    private void registerRefused(DevProcess dev, ClientLoops loops, String key) {
        try (SimulatedNode node = node(dev, loops, new FrameCounter())) {
            assertThatThrownBy(() -> node.register(key).get(20, TimeUnit.SECONDS))
                    .hasMessageContaining("register: ")
                    .hasMessageNotContainingAny(secrets.toArray(String[]::new));
        }
    }

    private SimulatedNode node(DevProcess dev, ClientLoops loops, FrameCounter frames) {
        NodeIdentity identity = NodeIdentity.create("secretive");
        String machine = identity.machine().toSecretText();
        plantBytes(machine.substring(machine.indexOf(':') + 1));
        return new SimulatedNode(loops, ControlUrl.parse(dev.ready("url")), identity, frames, NodeObserver.NONE);
    }

    private boolean isLog(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".log")
                || name.endsWith(".json") && !name.equals("ready.json") && !holdsCredentials(file)
                || file.toString().contains("/log/");
    }

    /** The file of mode 0600 in which dev keeps its own visitor's keys. */
    private static boolean holdsCredentials(Path file) {
        return file.getFileName().toString().startsWith("credentials");
    }

    private List<String> filesWith(List<String> wanted, java.util.function.Predicate<Path> which) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).filter(which).toList()) {
                String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                for (int i = 0; i < wanted.size(); i++) {
                    if (content.contains(wanted.get(i))) {
                        found.add(directory.relativize(file) + " holds planted secret " + i);
                    }
                }
            }
        }
        return found;
    }
}
