package io.fleetscale.control.derpmap;

import io.fleetscale.wire.tailcfg.DerpMap;
import java.util.List;

/** The region of the relay inside this program. Source: field case F044, control-protocol 12 no. 1. */
public final class EmbeddedRegion {
    private static final int DEFAULT_DERP_PORT = 443;
    private static final int DEFAULT_STUN_PORT = 3478;
    private static final String NONE = "none";

    private EmbeddedRegion() {}

    /**
     * @param hostName of the server's URL
     * @param derpPort of the server's URL, as clients reach it
     * @param stunPort -1: no STUN
     * @param certName empty, or {@code sha256-raw:} and the digest of the certificate that clients must see
     * @param ipv4 announced address, empty: by name
     * @param ipv6 announced address; empty becomes {@code none}, for clients wait three seconds for probes that cannot succeed
     */
    public static DerpMap.Region of(
            int id,
            String code,
            String name,
            String hostName,
            int derpPort,
            int stunPort,
            String certName,
            String ipv4,
            String ipv6) {
        DerpMap.Relay relay = new DerpMap.Relay(
                id + "a",
                id,
                hostName,
                certName,
                ipv4,
                ipv6.isEmpty() ? NONE : ipv6,
                stunPort == DEFAULT_STUN_PORT ? 0 : stunPort,
                false,
                derpPort == DEFAULT_DERP_PORT ? 0 : derpPort,
                false,
                false);
        return new DerpMap.Region(id, code, name, null, null, false, false, List.of(relay));
    }
}
