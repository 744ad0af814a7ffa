package io.fleetscale.loadtest.balancer;

import io.fleetscale.config.LogConfig;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.StopSignals;
import io.fleetscale.runtime.logging.Logging;
import io.fleetscale.runtime.net.HostPort;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code loadtest balancer}: what {@code fleetscale dev --instances N} uses without HAProxy. */
@Command(
        name = "balancer",
        description = {
            "A small TCP balancer, for trying a cluster only: use HAProxy or another real one for everything else.",
            "Asks /readyz of each instance every second, sends a PROXY header, resets the connections of one that is down."
        })
public final class BalancerCommand implements Callable<Integer> {
    @Option(names = "--listen", required = true, paramLabel = "HOST:PORT", description = "Where clients connect.")
    private String listen = "";

    @Option(
            names = "--backend",
            required = true,
            paramLabel = "NAME=HOST:PORT,METRICS-HOST:PORT",
            description = "An instance: its control listener and its metrics listener. Once for each.")
    private List<String> backends = List.of();

    @Override
    public Integer call() throws Exception {
        Lifecycle lifecycle = new Lifecycle();
        new StopSignals(lifecycle).install();
        List<Backend> instances = backends.stream().map(Backend::parse).toList();
        try (AutoCloseable _ = Logging.start(LogConfig.defaults());
                HealthChecks checks = new HealthChecks(instances);
                Balancer balancer = new Balancer(HostPort.parse(listen), instances)) {
            System.out.println("listening on " + balancer.start());
            checks.start();
            String unused = lifecycle.awaitStopRequest();
        }
        return 0;
    }
}
