package io.fleetscale.relay.mesh;

import io.fleetscale.runtime.net.HostPort;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where another relay of the region is.
 *
 * @param hostName by which it is called in TLS and HTTP: a DNS name or an IP literal
 * @param port TCP
 * @param dialHost where to connect: the same, or an address of a private network
 * @param certName empty: its certificate is checked against the usual roots; {@code sha256-raw:} and 64 hexadecimal digits: it
 *     must be exactly this one
 */
public record MeshAddress(String hostName, int port, String dialHost, String certName) {
    private static final int HTTPS = 443;
    private static final Pattern PIN = Pattern.compile("sha256-raw:[0-9a-f]{64}");

    public MeshAddress {
        if (!certName.isEmpty() && !PIN.matcher(certName).matches()) {
            throw new IllegalArgumentException(
                    "'" + certName + "' is no certificate hash: write sha256-raw: and 64 hexadecimal digits");
        }
    }

    /**
     * Reads {@code HOST[:PORT][/DIAL-HOST][=sha256-raw:HEX]}: the upstream relay's form, and the hash of a certificate that no
     * usual root has signed.
     *
     * @throws IllegalArgumentException naming what is wrong
     */
    public static MeshAddress parse(String text) {
        String address = text.strip();
        String certName = "";
        int equals = address.indexOf('=');
        if (equals >= 0) {
            certName = address.substring(equals + 1).strip();
            address = address.substring(0, equals).strip();
        }
        Optional<String> dial = Optional.empty();
        int slash = address.indexOf('/');
        if (slash >= 0) {
            dial = Optional.of(address.substring(slash + 1).strip());
            address = address.substring(0, slash).strip();
        }
        boolean hasPort = address.indexOf(':') >= 0 && (!address.contains("[") || address.contains("]:"));
        HostPort host = hasPort ? HostPort.parse(address) : new HostPort(address, HTTPS);
        if (host.host().isEmpty() || dial.filter(String::isEmpty).isPresent()) {
            throw new IllegalArgumentException("'" + text + "' names no relay: write HOST[:PORT][/DIAL-HOST]");
        }
        return new MeshAddress(host.host(), host.port(), dial.orElse(host.host()), certName);
    }

    @Override
    public String toString() {
        return hostName + ":" + port + (dialHost.equals(hostName) ? "" : "/" + dialHost);
    }
}
