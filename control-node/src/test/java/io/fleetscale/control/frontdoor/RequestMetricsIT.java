package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.testing.NoiseTestClient;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests are measured under headscale's names. Source: headscale-surface 3.7. */
@Timeout(60)
class RequestMetricsIT {
    @Test
    void requestsAndCallsAreCounted() throws Exception {
        try (RunningDoor door = new RunningDoor().start();
                NoiseTestClient client = door.client()) {
            door.get("/health");
            door.get("/health");
            door.get("/from-the-wire");
            client.call("GET", "/machine/whoami", new byte[0]).get(10, TimeUnit.SECONDS);
            await().untilAsserted(() -> assertThat(door.registry.scrape().lines())
                    .contains(
                            total("GET /health", "HTTP/1.1", 200) + "2.0",
                            total("<no-match>", "HTTP/1.1", 404) + "1.0",
                            total("GET /machine/whoami", "HTTP/2.0", 200) + "1.0",
                            "http_requests_inflight{host=\"\",proto=\"HTTP/1.1\"} 0.0",
                            "http_requests_inflight{host=\"\",proto=\"HTTP/2.0\"} 0.0",
                            "http_request_duration_seconds_count{endpoint=\"GET /health\",host=\"\",proto=\"HTTP/1.1\","
                                    + "status=\"200\"} 2"));
            assertThat(door.registry.scrape())
                    .contains("http_request_duration_seconds_bucket{endpoint=\"GET /health\"")
                    .doesNotContain("from-the-wire");
        }
    }

    private static String total(String endpoint, String protocol, int status) {
        return "http_requests_total{endpoint=\"" + endpoint + "\",host=\"\",proto=\"" + protocol + "\",status=\""
                + status + "\"} ";
    }
}
