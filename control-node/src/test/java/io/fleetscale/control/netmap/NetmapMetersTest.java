package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;

class NetmapMetersTest {
    @Test
    void headscalesNamesAreKept() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        NetmapMeters meters = new NetmapMeters(registry);
        meters.took(NetmapMeters.Operation.PUT, 20_000);
        meters.batch(3, 30_000, 40_000);
        assertThat(registry.scrape().lines())
                .contains(
                        "headscale_nodestore_operations_total{operation=\"put\"} 1.0",
                        "headscale_nodestore_operations_total{operation=\"update\"} 0.0",
                        "headscale_nodestore_operation_duration_seconds_count{operation=\"put\"} 1",
                        "headscale_nodestore_batch_size_bucket{le=\"2.0\"} 0",
                        "headscale_nodestore_batch_size_bucket{le=\"5.0\"} 1",
                        "headscale_nodestore_batch_duration_seconds_count 1",
                        "headscale_nodestore_snapshot_build_duration_seconds_count 1",
                        "headscale_nodestore_peers_calculation_duration_seconds_count 1");
    }
}
