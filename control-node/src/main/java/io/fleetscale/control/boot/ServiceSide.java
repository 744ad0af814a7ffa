package io.fleetscale.control.boot;

import io.fleetscale.config.PolicyConfig;
import io.fleetscale.config.PolicyFeature;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyServiceApprovers;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.session.HostReports;
import io.fleetscale.control.session.Pings;
import io.fleetscale.control.vipservice.HostingChangelog;
import io.fleetscale.control.vipservice.ServiceHosting;
import io.fleetscale.control.vipservice.ServiceOffers;
import io.fleetscale.runtime.Lifecycle;
import java.time.Duration;

/** Services: who serves what is decided with each write, and clients are asked what they offer. */
final class ServiceSide {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    private ServiceSide() {}

    static boolean isOn(PolicyConfig policy) {
        return policy.features().contains(PolicyFeature.SERVICES);
    }

    /** @param log elects those who serve */
    static HostingChangelog over(Changelog log, PolicyInForce policy, PolicyConfig config) {
        return new HostingChangelog(log, new ServiceHosting(new PolicyServiceApprovers(policy), isOn(config)));
    }

    /** Host reports after which a client is asked for what it offers. */
    static HostReports asking(
            Lifecycle lifecycle, HostReports reports, Changelog changelog, Pings pings, PolicyConfig config) {
        if (!isOn(config)) {
            return reports;
        }
        ServiceOffers offers = new ServiceOffers(changelog, pings::c2n);
        lifecycle.add("offers of services", () -> {}, offers::close, STOP_LIMIT);
        return (image, node, hostinfo) ->
                reports.report(image, node, hostinfo).thenRun(() -> offers.heard(node.id(), hostinfo.servicesHash()));
    }
}
