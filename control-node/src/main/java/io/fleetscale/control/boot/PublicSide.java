package io.fleetscale.control.boot;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.frontdoor.page.BootstrapNames;
import io.fleetscale.control.frontdoor.page.NodeAdmission;
import io.fleetscale.control.frontdoor.page.PublicRoutes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The plain HTTP paths of the main listener: pages and probes for everybody, the administration API behind its credentials. */
final class PublicSide {
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);

    private PublicSide() {}

    /**
     * @param mayRelay answers {@code /verify}
     * @param bootstrapNames answers {@code /bootstrap-dns}; absent: there is no relay here
     */
    static RouteTable routes(
            Storage storage,
            AdminApi api,
            TailscaleSide tailscale,
            RelaySide relays,
            PeopleLogin logins,
            String serverUrl,
            NodeAdmission mayRelay,
            Optional<BootstrapNames> bootstrapNames) {
        RouteTable.Builder routes = RouteTable.builder();
        BuildInfo build = BuildInfo.ofProgram();
        new PublicRoutes(
                        storage.keys().noiseKey().publicKey(),
                        () -> answersInTime(storage.changelog()),
                        new io.fleetscale.control.frontdoor.page.BuildInfo(
                                "v" + build.version(), build.commit(), build.buildTime()),
                        mayRelay,
                        bootstrapNames,
                        serverUrl)
                .register(routes);
        logins.register(routes);
        relays.register(routes);
        api.register(routes);
        tailscale.register(routes);
        return routes.build();
    }

    private static boolean answersInTime(Changelog changelog) {
        try {
            return changelog.current().get(PROBE_LIMIT.toMillis(), TimeUnit.MILLISECONDS) != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }
}
