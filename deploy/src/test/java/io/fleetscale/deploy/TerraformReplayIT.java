package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.loadtest.terraform.Exchange;
import io.fleetscale.loadtest.terraform.Replay;
import io.fleetscale.loadtest.terraform.TestDevice;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What Tailscale's Terraform provider said while it planned, applied, changed, imported and destroyed each of its resources, said
 * again to the packaged program: {@code loadtest terraform --record} wrote it down. And the audit log of all that.
 */
class TerraformReplayIT {
    private static final Path RECORDINGS = DevProcess.repository().resolve("deploy/src/test/resources/terraform");
    private static final Pattern REQUEST = Pattern.compile("request ([0-9a-f-]{36})");

    /** The provider sends each contact twice, and values that are there already. */
    private static final Set<String> UNCHANGED = Set.of(
            "PATCH /api/v2/tailnet/-/contacts/account",
            "PATCH /api/v2/tailnet/-/contacts/support",
            "PATCH /api/v2/tailnet/-/contacts/security",
            "POST /api/v2/device/ID/authorized",
            "POST /api/v2/device/ID/key",
            "POST /api/v2/tailnet/-/dns/preferences");

    @TempDir
    static Path directory;

    @Test
    void theProviderGetsTheAnswersThatWereRecorded() throws Exception {
        try (DevProcess dev = new DevProcess(directory).start()) {
            URI server = URI.create(dev.ready("url"));
            Instant start = Instant.now();
            TestDevice.register(server, dev.ready("api_key"), dev.ready("user"));
            List<Replay.Said> said = new ArrayList<>();
            try (Replay replay = new Replay(server, dev.ready("api_key"))) {
                for (String group : List.of("tailnet", "dns")) {
                    said.addAll(replay.run(Exchange.read(RECORDINGS.resolve(group + ".json"))));
                }
                assertThat(replay.problems()).isEmpty();
            }
            assertThat(said).hasSizeGreaterThan(150);
            everyWriteHasOneEntry(said, audited(dev, start));
        }
    }

    /** One entry for each write that changed something, and none for what only reads. Source: issue 8, its proof. */
    private static void everyWriteHasOneEntry(List<Replay.Said> said, Map<String, Integer> entries) {
        Set<String> without = new TreeSet<>();
        for (Replay.Said one : said) {
            Exchange exchange = one.recorded();
            String what = exchange.method() + " "
                    + exchange.path()
                            .replaceAll("/device/[^/]+", "/device/ID")
                            .replaceAll("/(keys|webhooks|integrations)/[^/]+", "/$1/ID");
            int found = entries.getOrDefault(one.requestId(), 0);
            if (!exchange.isWrite()) {
                assertThat(found).as(what).isZero();
            } else if (found == 0) {
                without.add(what);
            } else {
                assertThat(found).as(what).isEqualTo(1);
            }
        }
        assertThat(UNCHANGED)
                .as("writes that found everything as they wanted it")
                .containsAll(without);
    }

    /** How many entries of the audit log name each request. */
    private static Map<String, Integer> audited(DevProcess dev, Instant start) throws Exception {
        URI log = URI.create(dev.ready("url") + "/api/v2/tailnet/-/logging/configuration?start="
                + URLEncoder.encode(start.minusSeconds(60).toString(), StandardCharsets.UTF_8) + "&end="
                + URLEncoder.encode(Instant.now().plusSeconds(60).toString(), StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(log)
                .header("Authorization", "Bearer " + dev.ready("api_key"))
                .build();
        Map<String, Integer> entries = new HashMap<>();
        try (HttpClient http = HttpClient.newHttpClient()) {
            JsonNode answer = JsonMapper.shared()
                    .readTree(http.send(request, BodyHandlers.ofString()).body());
            for (JsonNode entry : answer.path("logs")) {
                Matcher id = REQUEST.matcher(entry.path("actionDetails").asString(""));
                if (id.find()) {
                    entries.merge(id.group(1), 1, Integer::sum);
                }
            }
        }
        return entries;
    }
}
