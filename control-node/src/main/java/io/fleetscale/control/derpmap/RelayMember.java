package io.fleetscale.control.derpmap;

import io.fleetscale.wire.tailcfg.DerpMap;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A relay that registered with the cluster, as the tailnet keeps it: a change of any value but the public key makes all clients
 * of its region connect anew.
 *
 * @param name unique in the DERP map
 * @param regionId 1 to 65535; clients keep it in 16 bits
 * @param hostName by which clients name it in TLS
 * @param derpPort of TLS
 * @param stunPort -1: no STUN
 * @param ipv4 empty: by name; {@code none}: has none
 * @param ipv6 as {@code ipv4}
 * @param certName empty, or {@code sha256-raw:} and the digest of its certificate
 * @param publicKey of the relay, {@code nodekey:} and hexadecimal digits
 */
public record RelayMember(
        String name,
        int regionId,
        String regionCode,
        String regionName,
        String hostName,
        int derpPort,
        int stunPort,
        String ipv4,
        String ipv6,
        String certName,
        boolean canPort80,
        String publicKey,
        State state) {
    /** Whether clients are told of it. */
    public enum State {
        /** In the DERP map. */
        SERVING,
        /** Taken out by a command, until another one. */
        DRAINING,
        /** It left by itself or died; back in the map with its next sign of life. */
        AWAY
    }

    private static final int MAX_REGION_ID = 65_535;
    private static final int MAX_PORT = 65_535;
    private static final int HTTPS = 443;
    private static final int STUN = 3478;
    private static final int MAX_TEXT = 128;
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:_-]{1,253}");
    private static final Pattern ADDRESS = Pattern.compile("|none|[0-9a-fA-F.:]{2,45}");
    private static final Pattern CERT_NAME = Pattern.compile("|sha256-raw:[0-9a-f]{64}");
    private static final Pattern PUBLIC_KEY = Pattern.compile("nodekey:[0-9a-f]{64}");

    /** Everything that is wrong with it, each with what it must be; empty when there is nothing. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        check(problems, NAME.matcher(name).matches(), "name: lower-case letters, digits, '.', '_' and '-', at most 63");
        check(problems, regionId >= 1 && regionId <= MAX_REGION_ID, "region_id: must be 1 to " + MAX_REGION_ID);
        check(problems, isText(regionCode) && isText(regionName), "region: code and name have at most 128 characters");
        check(problems, HOST.matcher(hostName).matches(), "host: a DNS name or an address, without port");
        check(problems, derpPort >= 1 && derpPort <= MAX_PORT, "derp_port: must be 1 to " + MAX_PORT);
        check(problems, stunPort == -1 || (stunPort >= 1 && stunPort <= MAX_PORT), "stun_port: must be -1 or a port");
        check(problems, ADDRESS.matcher(ipv4).matches(), "ipv4: an address, none, or empty");
        check(problems, ADDRESS.matcher(ipv6).matches(), "ipv6: an address, none, or empty");
        check(problems, CERT_NAME.matcher(certName).matches(), "cert_name: empty, or sha256-raw: and 64 digits");
        check(problems, PUBLIC_KEY.matcher(publicKey).matches(), "public_key: nodekey: and 64 digits");
        return problems;
    }

    /** The same in another state. */
    public RelayMember in(State next) {
        return new RelayMember(
                name,
                regionId,
                regionCode,
                regionName,
                hostName,
                derpPort,
                stunPort,
                ipv4,
                ipv6,
                certName,
                canPort80,
                publicKey,
                next);
    }

    DerpMap.Relay relay() {
        return new DerpMap.Relay(
                name,
                regionId,
                hostName,
                certName,
                ipv4,
                ipv6,
                stunPort == STUN ? 0 : stunPort,
                false,
                derpPort == HTTPS ? 0 : derpPort,
                false,
                canPort80);
    }

    private static boolean isText(String text) {
        return text.length() <= MAX_TEXT && text.chars().noneMatch(Character::isISOControl);
    }

    private static void check(List<String> problems, boolean holds, String problem) {
        if (!holds) {
            problems.add(problem);
        }
    }
}
