package io.fleetscale.wire.tailcfg;

/**
 * The part of a host info that the server forwards to peers, in Go's order of fields and sorted lists: every difference
 * in it is a whole node to every peer. Log ids, push tokens, TPM, network facts and a client's own claim to be a sharee
 * stay out. Source: control-protocol 6.3 "Forwarding".
 */
final class HostinfoView {
    private HostinfoView() {}

    static byte[] write(Hostinfo host) {
        return JsonOut.object(json -> {
            json.text("OS", host.os());
            json.text("Hostname", host.hostname());
            json.texts(
                    "RoutableIPs",
                    host.routableIps().stream().sorted().distinct().toList());
            json.objects(
                    "Services",
                    host.services().stream()
                            .filter(Service::isPeerApi)
                            .sorted()
                            .distinct()
                            .toList(),
                    HostinfoView::service);
            json.texts(
                    "sshHostKeys",
                    host.sshHostKeys().stream().sorted().distinct().toList());
            json.bool("AppConnector", host.appConnector());
            json.bool("PeerRelay", host.peerRelay());
            Location location = host.location();
            if (location != null) {
                json.object("Location", out -> location(out, location));
            }
        });
    }

    private static void service(JsonOut json, Service service) {
        json.generator().writeStringProperty("Proto", service.proto());
        json.generator().writeNumberProperty("Port", service.port());
        json.text("Description", service.description());
    }

    private static void location(JsonOut json, Location location) {
        json.text("Country", location.country());
        json.text("CountryCode", location.countryCode());
        json.text("City", location.city());
        json.text("CityCode", location.cityCode());
        json.number("Latitude", location.latitude());
        json.number("Longitude", location.longitude());
        json.number("Priority", location.priority());
    }
}
