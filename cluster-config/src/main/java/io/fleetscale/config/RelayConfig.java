package io.fleetscale.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.fleetscale.wire.ip.IpAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The DERP relay inside this program.
 *
 * @param regionId the number of its region
 * @param verifyClients relay only for nodes of this tailnet
 * @param stun the UDP address that answers STUN; null when it was not given
 * @param privateKeyPath the relay's key, written with a fresh one when absent; null when it was not given
 * @param addsRegion put the region into the DERP map
 * @param ipv4 the address that the region announces; empty lets clients look it up
 * @param ipv6 as {@code ipv4}
 */
public record RelayConfig(
        boolean enabled,
        int regionId,
        String regionCode,
        String regionName,
        boolean verifyClients,
        @Nullable ListenAddress stun,
        @Nullable Path privateKeyPath,
        boolean addsRegion,
        String ipv4,
        String ipv6) {
    private static final RelayConfig DEFAULTS = new RelayConfig(false, 0, "", "", true, null, null, true, "", "");

    public static RelayConfig defaults() {
        return DEFAULTS;
    }

    public Builder toBuilder() {
        return new Builder(this);
    }

    static RelayConfig read(Settings in) {
        return new RelayConfig(
                in.flag("derp.server.enabled", DEFAULTS.enabled),
                in.integer("derp.server.region_id", DEFAULTS.regionId),
                in.text("derp.server.region_code", DEFAULTS.regionCode),
                in.text("derp.server.region_name", DEFAULTS.regionName),
                in.flag("derp.server.verify_clients", DEFAULTS.verifyClients),
                in.address("derp.server.stun_listen_addr", DEFAULTS.stun),
                in.path("derp.server.private_key_path", DEFAULTS.privateKeyPath),
                in.flag("derp.server.automatically_add_embedded_derp_region", DEFAULTS.addsRegion),
                in.text("derp.server.ipv4", DEFAULTS.ipv4),
                in.text("derp.server.ipv6", DEFAULTS.ipv6));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (!enabled) {
            return problems;
        }
        if (regionId <= 0) {
            problems.add(ConfigProblem.error(
                    "derp.server.region_id",
                    Integer.toString(regionId),
                    "clients take 0 for no region at all",
                    "write a number that no other region of the DERP map has, such as 999"));
        }
        if (stun == null) {
            problems.add(ConfigProblem.error(
                    "derp.server.stun_listen_addr",
                    null,
                    "is missing while derp.server.enabled is true",
                    "write an address, such as 0.0.0.0:3478"));
        }
        if (privateKeyPath == null) {
            problems.add(ConfigProblem.error(
                    "derp.server.private_key_path",
                    null,
                    "is missing while derp.server.enabled is true",
                    "write a path; a fresh key is written there on the first start"));
        }
        checkAddress(problems, "derp.server.ipv4", ipv4, false);
        checkAddress(problems, "derp.server.ipv6", ipv6, true);
        return problems;
    }

    private static void checkAddress(List<ConfigProblem> problems, String key, String text, boolean v6) {
        // "none" tells clients that there is no such address and saves them three seconds of probing.
        if (text.isEmpty() || text.equals("none")) {
            return;
        }
        try {
            if (IpAddress.parse(text).isV6() == v6) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // Reported below, as an address of the other family is.
        }
        problems.add(ConfigProblem.error(
                key,
                text,
                "not an " + (v6 ? "IPv6" : "IPv4") + " address",
                "write the public address, none, or nothing"));
    }

    /** Changes some values of a {@link RelayConfig}. */
    public static final class Builder {
        private boolean enabled;
        private int regionId;
        private String regionCode;
        private String regionName;
        private boolean verifyClients;
        private @Nullable ListenAddress stun;
        private @Nullable Path privateKeyPath;
        private boolean addsRegion;
        private String ipv4;
        private String ipv6;

        private Builder(RelayConfig from) {
            enabled = from.enabled;
            regionId = from.regionId;
            regionCode = from.regionCode;
            regionName = from.regionName;
            verifyClients = from.verifyClients;
            stun = from.stun;
            privateKeyPath = from.privateKeyPath;
            addsRegion = from.addsRegion;
            ipv4 = from.ipv4;
            ipv6 = from.ipv6;
        }

        @CanIgnoreReturnValue
        public Builder enabled(boolean value) {
            enabled = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder region(int id, String code, String name) {
            regionId = id;
            regionCode = code;
            regionName = name;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder verifyClients(boolean value) {
            verifyClients = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder stun(@Nullable ListenAddress value) {
            stun = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder privateKeyPath(@Nullable Path value) {
            privateKeyPath = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder addsRegion(boolean value) {
            addsRegion = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder ipv4(String value) {
            ipv4 = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder ipv6(String value) {
            ipv6 = value;
            return this;
        }

        @CheckReturnValue
        public RelayConfig build() {
            return new RelayConfig(
                    enabled,
                    regionId,
                    regionCode,
                    regionName,
                    verifyClients,
                    stun,
                    privateKeyPath,
                    addsRegion,
                    ipv4,
                    ipv6);
        }
    }
}
